"""Gold questions: one JSON object a line, reviewed like code. Every problem names its file and line.

    {"id": "pa-0042", "question": "…", "expect": "answer", "answers": ["span"], "articles": ["id"], "evidence": "…"}

`check` holds them against the articles: gold whose evidence is no longer there is stale, which is not a wrong answer.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from eval import fields
from index.errors import QuotelineError
from index.types import Filters
from rag.squad import normalize

Expect = Literal["answer", "no_answer", "conflict"]
Standing = Literal["ok", "moved", "missing", "article_missing"]

_AS_OF = re.compile(r"latest|\d{4}(-\d\d(-\d\d)?)?")
_JUDGED = "question expect answers rejected_answers articles evidence by_article filters".split()
_NONE: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True)
class Gold:
    """One question and what a right answer to it is.

    answers: accepted spans. rejected_answers: what must never be given (a reader once said it was wrong). articles:
    where any answer stands. evidence: the sentence that supports it.
    by_article: what each article says; for `conflict`, all of it must be surfaced. preferred: the article whose answer
    should come first. as_of: the day the question is about ("latest" for the newest). resolved: what a relative date
    means. file, line: where the question is written.
    """

    id: str
    question: str
    expect: Expect
    answers: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    evidence: str = ""
    by_article: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NONE)
    filters: Filters = Filters()
    tags: tuple[str, ...] = ()
    must_pass: bool = False
    status: Literal["active", "candidate"] = "active"
    note: str = ""
    preferred: str | None = None
    as_of: str | None = None
    resolved: str | None = None
    rejected_answers: tuple[str, ...] = ()
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    @property
    def digest(self) -> str:
        """Names what is asked and what is right: questions of equal digest can be compared between runs."""
        judged = {name: getattr(self, name) for name in _JUDGED}
        canonical = json.dumps(judged, ensure_ascii=False, default=_plain, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line of a gold file, in a sentence."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class GoldError(QuotelineError):
    """Gold files that cannot be used; `problems` are all that is wrong with them."""

    status = 422
    code = "gold_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Checked:
    """How one question stands against the articles; `problem` is None when that is "ok"."""

    gold: Gold
    standing: Standing
    problem: Problem | None


def load(paths: Iterable[Path]) -> list[Gold]:
    """Every question of the files, in order; raises GoldError with all problems of all files."""
    questions: list[Gold] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for path in paths:
        for number, line in _lines(path, problems):
            try:
                gold = _parse(line, str(path), number)
                if gold.id in seen:
                    raise ValueError(f"id {gold.id!r} is taken by {seen[gold.id]}; give one of them another")
            except ValueError as error:
                problems.append(Problem(str(path), number, str(error)))
                continue
            seen[gold.id] = f"{path}:{number}"
            questions.append(gold)
    if problems:
        raise GoldError(problems)
    return questions


def check(questions: Iterable[Gold], articles: Mapping[str, str]) -> list[Checked]:
    """Each question against the articles' texts by id; differences in white space are none.

    ok: the evidence stands in one of the question's articles, and what `by_article` quotes in the article it names.
    moved: the evidence stands in another article. missing: it, or such a quote, stands nowhere it should.
    article_missing: an article the question names does not exist.
    """
    texts = {id: flat(text) for id, text in articles.items()}
    result = []
    for gold in questions:
        standing, text = _standing(gold, texts)
        result.append(Checked(gold, standing, Problem(gold.file, gold.line, text) if text else None))
    return result


def flat(text: str) -> str:
    """The text with every stretch of white space as one space."""
    return " ".join(text.split())


def _standing(gold: Gold, texts: Mapping[str, str]) -> tuple[Standing, str]:
    for id in dict.fromkeys((*gold.articles, *gold.by_article)):
        if id not in texts:
            return (
                "article_missing",
                f"article {id!r} of {gold.id} is not in the collection; add it or retire the question",
            )
    evidence = flat(gold.evidence)
    if evidence and not any(evidence in texts[id] for id in gold.articles):
        elsewhere = sorted(id for id, text in texts.items() if evidence in text)
        if elsewhere:
            return "moved", f"the evidence of {gold.id} now stands in {elsewhere[0]!r}; name that article"
        return "missing", f"the evidence of {gold.id} stands in no article; quote what the article says now"
    for id, quotes in gold.by_article.items():
        for quote in quotes:
            if not _within(quote, texts[id]):
                return "missing", f"{quote!r} of {gold.id} does not stand in {id!r}; quote what the article says now"
    return "ok", ""


def _lines(path: Path, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.append(Problem(str(path), line, "the line is not UTF-8; save the file as UTF-8"))
        return
    yield from ((n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip())


def _parse(line: str, file: str, number: int) -> Gold:
    values = fields.read(line)
    for name in ("id", "question", "expect"):
        if not values.get(name, "").strip():
            raise ValueError(f"field {name!r} is missing or empty; every question has one")
    gold = Gold(**values, file=file, line=number)
    if gold.status == "active":
        _complete(gold)
    return gold


def _complete(gold: Gold) -> None:
    """An active question says all that is needed to judge an answer; a candidate may still be unfinished."""
    quotes = [quote for quotes in gold.by_article.values() for quote in quotes]
    for rejected in gold.rejected_answers:
        if normalize(rejected) in map(normalize, gold.answers):
            raise ValueError(f"{rejected!r} is both among 'answers' and 'rejected_answers'; remove it from one")
    if gold.expect == "no_answer":
        if gold.answers or quotes:
            raise ValueError("expect is 'no_answer', but answers are given; remove them or expect 'answer'")
        return
    for name in ("answers", "articles", "evidence"):
        if not getattr(gold, name):
            raise ValueError(
                f"expect is {gold.expect!r}, but {name!r} is empty; name at least one answer, article and evidence"
            )
    if gold.expect == "conflict" and len(gold.by_article) < 2:
        raise ValueError("expect is 'conflict', but 'by_article' names fewer than two articles; say what each says")
    for answer in gold.answers:
        if not answer.strip():
            raise ValueError("an answer is blank; remove it")
        if not normalize(answer):
            raise ValueError(f"answer {answer!r} is nothing but articles and punctuation to the scores; quote more")
        if answer not in quotes and not _within(answer, flat(gold.evidence)):
            raise ValueError(
                f"answer {answer!r} is not inside the evidence; quote it exactly or list it in 'by_article'"
            )
    for id, said in gold.by_article.items():
        if not said:
            raise ValueError(f"by_article's {id!r} says nothing; quote what it says")
    for quote in quotes:
        if quote not in gold.answers:
            raise ValueError(f"by_article's {quote!r} is not among 'answers'; add it there")
    for id in (*gold.by_article, *([gold.preferred] if gold.preferred else [])):
        if id not in gold.articles:
            raise ValueError(f"article {id!r} is not among 'articles'; add it there")
    if gold.as_of is not None and not _AS_OF.fullmatch(gold.as_of):
        raise ValueError(f"as_of is {gold.as_of!r}; write a year, a month, a day (2020-10-21) or 'latest'")


def _within(span: str, text: str) -> bool:
    """Ignoring case, as the scores do."""
    return flat(span).casefold() in text.casefold()


def _plain(value: object) -> object:
    if isinstance(value, Filters):
        return asdict(value)
    if isinstance(value, date):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else str(value)
