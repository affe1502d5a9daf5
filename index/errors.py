"""What can go wrong, each with the HTTP status it means. The message is one sentence: what, its value, the remedy."""


class QuotelineError(Exception):
    """Base of every error a user may see; `code` is stable, the message is for people."""

    status = 500
    code = "internal_error"


class RefusedError(QuotelineError):
    """Input that cannot become an article, or a question that cannot be asked."""

    status = 422
    code = "refused"


class LibraryInUseError(QuotelineError):
    """Another process owns the library's writes."""

    status = 503
    code = "library_in_use"


class LibraryClosingError(QuotelineError):
    """The library is closed before this was added."""

    status = 503
    code = "library_closing"


class CorruptLibraryError(QuotelineError):
    """The database is damaged; it was left untouched."""

    status = 503
    code = "library_corrupt"


class DiskFullError(QuotelineError):
    """The disk has no room for what was to be kept."""

    status = 507
    code = "disk_full"


class ModelMismatchError(QuotelineError):
    """The library was built with another embedding model, or a model's files are not what they should be."""

    status = 503
    code = "model_mismatch"
