"""Conditional requests (RFC 9110, 13)."""

from collections.abc import Sequence

from starlette.requests import Request

from api.errors import ServiceError


class PreconditionError(ServiceError):
    """If-Match or If-None-Match does not hold."""

    status = 412
    code = "precondition_failed"

    def __init__(self) -> None:
        super().__init__("The article is not the one that If-Match or If-None-Match speaks of; read it again.")


class Preconditions:
    """If-Match and If-None-Match of a request that changes something."""

    def __init__(self, request: Request) -> None:
        self._match = request.headers.getlist("if-match")
        self._none_match = request.headers.getlist("if-none-match")

    def check(self, etag: str | None) -> None:
        """Raises PreconditionError; `etag` is that of what is there now, None when nothing is."""
        if self._match and (etag is None or not names(self._match, etag, weakly=False)):
            raise PreconditionError
        if self._none_match and etag is not None and names(self._none_match, etag):
            raise PreconditionError


def names(headers: Sequence[str], etag: str, *, weakly: bool = True) -> bool:
    """Whether one of the tags in `headers` is `etag`, or `*`; weakly: W/ makes no difference."""
    tags = {tag.strip() for header in headers for tag in header.split(",")}
    if weakly:
        tags = {tag.removeprefix("W/") for tag in tags}
        etag = etag.removeprefix("W/")
    return bool(tags & {etag, "*"})


def etag(sha256: str) -> str:
    """The strong tag of an article."""
    return f'"{sha256}"'
