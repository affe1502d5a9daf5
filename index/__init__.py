"""Articles -> searchable passages. Knows nothing of questions."""
