"""One module a noun: ask, articles, health, pages."""
