"""Request bodies and parameters of /v1.

One text type everywhere: encodable to UTF-8 (pydantic refuses lone surrogates), no NUL, capped in code points.
Requests are strict: unknown fields are refused, and `true` is no number.
"""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from index.types import Filters

ASK_BYTES = 64 * 1024
ARTICLE_BYTES = 10 * 1024 * 1024
BULK_BYTES = 256 * 1024 * 1024
QUESTION_LIMIT = 1000
NAME_LIMIT = 200
TITLE_LIMIT = 500
TEXT_LIMIT = 10_000_000
TOP_K_LIMIT = 10
PASSAGES_LIMIT = 50
PAGE_LIMIT = 200
COMMENT_LIMIT = 2000
LIST_LIMIT = 100
_FIELDS = 50  # of one object; the largest has nine

_NO_NUL = r"^[^\x00]*$"
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _asks_something(question: str) -> str:
    if not any(character.isalnum() for character in question):
        raise PydanticCustomError("no_letter_or_digit", "A question needs at least one letter or digit")
    return question


def _stands_in_a_path(article_id: str) -> str:
    if article_id != article_id.strip() or article_id in (".", ".."):
        raise PydanticCustomError("article_id", "An id has no spaces at its ends, and is neither . nor ..")
    return article_id


def _day(value: object) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("date", "Input should be a date such as 2020-10-21")


Question = Annotated[
    str,
    Field(min_length=1, max_length=QUESTION_LIMIT, pattern=_NO_NUL, description="at least one letter or digit"),
    AfterValidator(_asks_something),
]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT, pattern=_NO_NUL)]
ArticleId = Annotated[
    str, Field(min_length=1, max_length=NAME_LIMIT, pattern=_PRINTABLE), AfterValidator(_stands_in_a_path)
]
Content = Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT, pattern=_NO_NUL)]
Url = Annotated[str, Field(max_length=2000, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s\x00-\x1f]+$")]
Day = Annotated[date, BeforeValidator(_day)]
Names = Annotated[list[Name], Field(max_length=LIST_LIMIT)]
TopK = Annotated[int, Field(ge=1, le=TOP_K_LIMIT, description="the best answer and its alternatives")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _few(cls, data: object) -> object:
        """One fault in place of a hundred thousand."""
        if isinstance(data, dict) and len(data) > _FIELDS:
            raise PydanticCustomError("too_many_fields", "There are more fields here than any request has")
        return data


class Published(_Request):
    """A stretch of days; `lt` is exclusive."""

    gte: Day | None = None
    lt: Day | None = None


class FiltersIn(_Request):
    """Which articles may answer; an empty list allows all. An article without a date matches no date filter."""

    published: Published | None = None
    source: Names = []
    article: Names = []
    language: Names = []

    def domain(self) -> Filters:
        """As the library takes them."""
        days = self.published or Published()
        return Filters(days.gte, days.lt, tuple(self.source), tuple(self.article), tuple(self.language))


class AskIn(_Request):
    """A question."""

    question: Question
    top_k: TopK = 3
    filters: FiltersIn | None = None
    min_confidence: Annotated[float, Field(ge=0, le=1, description="null: the calibrated operating point")] | None = (
        None
    )
    explain: Annotated[bool, Field(description="adds the trace: passages, scores, spans considered")] = False


class SearchIn(_Request):
    """A search for passages."""

    query: Question
    top_k: Annotated[int, Field(ge=1, le=PASSAGES_LIMIT, description="passages at most")] = 10
    filters: FiltersIn | None = None


class CorrectIn(_Request):
    """The words that would have been right: code points [start, end) of the article's text."""

    article: ArticleId
    start: Annotated[int, Field(ge=0, lt=2**31)]
    end: Annotated[int, Field(ge=1, lt=2**31)]


class FeedbackIn(_Request):
    """What someone thinks of an answer."""

    answer_id: Annotated[str, Field(pattern=r"^ans_[0-9a-f]{32}$")]
    rating: Literal["up", "down"]
    reason: Name | None = None
    comment: Annotated[str, Field(max_length=COMMENT_LIMIT, pattern=_NO_NUL)] | None = None
    correct: CorrectIn | None = None


class FeedbackQuery(BaseModel):
    """Which feedback to list."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = 50
    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,15}$", description="`next` of the page before")] = "0"


class AskQuery(BaseModel):
    """A question as query parameters."""

    model_config = ConfigDict(extra="forbid")
    q: Question
    top_k: TopK = 3


class ArticleIn(_Request):
    """An article to add or replace: exactly one of text, html and markdown."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [name], "properties": {name: {"type": "string"}}} for name in ("text", "html", "markdown")
            ]
        }
    )

    title: Annotated[str, Field(max_length=TITLE_LIMIT, pattern=_NO_NUL)] | None = None
    text: Content | None = None
    html: Content | None = None
    markdown: Content | None = None
    url: Url | None = None
    source: Name | None = None
    published: Day | None = None
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)] | None = None

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if sum(content is not None for content in (self.text, self.html, self.markdown)) != 1:
            raise PydanticCustomError("one_content", "Exactly one of text, html and markdown should be given")
        return self


class ArticleNew(ArticleIn):
    """An article with its id."""

    id: ArticleId


class ListQuery(BaseModel):
    """Which articles to list."""

    model_config = ConfigDict(extra="forbid")
    source: Names = []
    language: Names = []
    published_gte: Day | None = None
    published_lt: Day | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = 50
    cursor: Annotated[str, Field(max_length=4000, description="from the Link header or `next`")] | None = None

    def domain(self) -> Filters:
        """As the library takes them."""
        return Filters(self.published_gte, self.published_lt, tuple(self.source), (), tuple(self.language))
