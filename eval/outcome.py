"""What became of one gold question: its scores and, when it failed, the stage that failed it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eval import metrics
from eval.gold import Gold, flat
from index.types import Article, Hit, Passage
from rag import squad
from rag.types import Answer, Citation, Quote

_DEEPEST = 20  # articles kept in `retrieved`: the deepest any measure looks

Stage = Literal[
    "retrieval_miss",
    "not_read",
    "reader_miss",
    "ranking",
    "false_abstain",
    "should_abstain",
    "boundary",
    "conflict_missed",
]


@dataclass(frozen=True, slots=True)
class Quoted:
    """The words given and where they stand, enough to show them: the first citation of the answer."""

    article: str
    title: str
    start: int
    end: int
    prefix: str
    exact: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question's result; a question that could not be asked has an `error` and scores 0.

    prediction: the answer's text, "" when declined. candidate: the best text when declining is not allowed, equal to
    `prediction` when it was not declined. em, f1; candidate_em, candidate_f1; oracle_em, oracle_f1: SQuAD scores of the
    two, and of the answer to the evidence alone (None when that was not asked). confidence: the best candidate's.
    retrieved: article ids by rank, as far as the last gold one. evidence_rank: of the first passage that holds the
    evidence. rejected: an answer was given that the question rejects. citations, violations: how many of all that was
    shown, and what is wrong with them. cited, supported: citations of the answer given, and those that quote an
    accepted answer. surfaced: share of the gold articles cited. timings_ms: of asking once, by stage; None when a cache
    answered.
    """

    gold: Gold
    prediction: str = ""
    answered: bool = False
    confidence: float = 0.0
    threshold: float = 0.0
    em: float = 0.0
    f1: float = 0.0
    candidate: str = ""
    candidate_em: float = 0.0
    candidate_f1: float = 0.0
    oracle_em: float | None = None
    oracle_f1: float | None = None
    retrieved: tuple[str, ...] = ()
    evidence_rank: int | None = None
    passed: bool = False
    rejected: bool = False
    stage: Stage | None = None
    quote: Quoted | None = None
    citations: int = 0
    cited: int = 0
    supported: int = 0
    surfaced: float = 0.0
    violations: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] | None = None
    error: str | None = None

    @property
    def right(self) -> bool:
        """Whether the candidate answers the question, as confidence is meant to tell."""
        return self.gold.expect != "no_answer" and self.candidate_f1 >= squad.RIGHT


def judge(gold: Gold, answer: Answer, candidate: Answer, hits: Sequence[Hit], oracle: Answer | None = None) -> Outcome:
    """Scores an answer. `candidate` is the answer when declining is not allowed, `oracle` the one to the evidence
    alone; `hits` are the passages by rank."""
    prediction, best = _text(answer), _text(candidate)
    told = _text(oracle) if oracle else None
    rejected = any(squad.exact_match(text, gold.rejected_answers) for text in _guarded(gold, answer))
    passed = _passed(gold, answer) and not rejected
    cited = answer.best.citations if answer.best else ()
    return Outcome(
        gold,
        prediction=prediction,
        answered=answer.best is not None,
        confidence=answer.best_confidence,
        threshold=answer.threshold,
        em=squad.exact_match(prediction, gold.answers),
        f1=squad.f1(prediction, gold.answers),
        candidate=best,
        candidate_em=squad.exact_match(best, gold.answers),
        candidate_f1=squad.f1(best, gold.answers),
        oracle_em=None if told is None else squad.exact_match(told, gold.answers),
        oracle_f1=None if told is None else squad.f1(told, gold.answers),
        retrieved=_to_last_gold(gold, ranked_articles(hits)),
        evidence_rank=next((at for at, hit in enumerate(hits, 1) if _holds(gold, hit)), None),
        passed=passed,
        rejected=rejected,
        stage=None if passed else stage(gold, answer, candidate, hits),
        quote=_quoted(cited[0]) if cited else None,
        cited=len(cited),
        supported=sum(supports(gold, citation) for citation in cited),
        surfaced=_surfaced(gold, answer),
    )


def ranked_articles(hits: Sequence[Hit]) -> tuple[str, ...]:
    """Article ids by their best passage's score, equal ones by id."""
    best: dict[str, float] = {}
    for hit in hits:
        best[hit.article.id] = max(hit.score, best.get(hit.article.id, hit.score))
    return tuple(metrics.rank(best))


def holds_evidence(gold: Gold, passage: Passage, article: Article) -> bool:
    """Whether a passage of one of the question's articles, or the headline read with it, holds the evidence whole."""
    evidence = flat(gold.evidence)
    return article.id in gold.articles and (evidence in flat(passage.text) or evidence in flat(article.title))


def stage(gold: Gold, answer: Answer, candidate: Answer, hits: Sequence[Hit]) -> Stage:
    """The stage that failed a question which did not pass: the first of these that holds.

    should_abstain   no article answers it, and an answer was given
    conflict_missed  the articles disagree, and not all they say is among the answer and its alternatives
    false_abstain    declined, though the best candidate is right, or overlaps an accepted answer in a gold article
    boundary         answered with other words than accepted, but overlapping an accepted answer in a gold article
    retrieval_miss   no passage of a gold article was retrieved
    not_read         one was, but no passage that the reader saw holds the evidence
    ranking          an accepted answer is among the alternatives or the best spans of the passages read, not on top
    reader_miss      the evidence was read, and no accepted answer found in it
    """
    if gold.expect == "no_answer":
        return "should_abstain"
    if gold.expect == "conflict":
        return "conflict_missed"
    if candidate.best and (_right(gold, candidate.best.text) or _overlaps(gold, candidate.best)):
        return "boundary" if answer.best else "false_abstain"
    if not {hit.article.id for hit in hits} & set(gold.articles):
        return "retrieval_miss"
    if not any(_holds(gold, seen.hit) for seen in candidate.trace):
        return "not_read"
    others = [quote.text for quote in candidate.alternatives]
    others += [seen.hit.article.text[seen.span.start : seen.span.end] for seen in candidate.trace if seen.span]
    return "ranking" if any(_right(gold, text) for text in others) else "reader_miss"


def _passed(gold: Gold, answer: Answer) -> bool:
    if gold.expect == "no_answer":
        return answer.best is None
    if answer.best is None:
        return False
    if gold.expect == "answer":
        return _right(gold, answer.best.text)
    surfaced = [quote.text for quote in (answer.best, *answer.alternatives)]
    return all(any(squad.exact_match(text, spans) for text in surfaced) for spans in gold.by_article.values())


def _right(gold: Gold, text: str) -> bool:
    return squad.exact_match(text, gold.answers) == 1.0


def supports(gold: Gold, citation: Citation) -> bool:
    """Whether a citation overlaps an accepted answer in one of the question's articles."""
    if citation.article.id not in gold.articles:
        return False
    for accepted in gold.answers:
        pattern = r"\s+".join(map(re.escape, accepted.split()))
        for place in re.finditer(pattern, citation.article.text, re.IGNORECASE):
            if place.start() < citation.end and citation.start < place.end():
                return True
    return False


def _overlaps(gold: Gold, quote: Quote) -> bool:
    return any(supports(gold, citation) for citation in quote.citations)


def _holds(gold: Gold, hit: Hit) -> bool:
    return holds_evidence(gold, hit.passage, hit.article)


def _text(answer: Answer) -> str:
    return answer.best.text if answer.best else ""


def _guarded(gold: Gold, answer: Answer) -> list[str]:
    """The texts that must not be a rejected answer: the one given, and of a conflict all that is surfaced."""
    if answer.best is None or not gold.rejected_answers:
        return []
    others = answer.alternatives if gold.expect == "conflict" else ()
    return [quote.text for quote in (answer.best, *others)]


def _to_last_gold(gold: Gold, ranked: Sequence[str]) -> tuple[str, ...]:
    """What the measures need: the tail after the last gold article changes none of them."""
    kept = ranked[:_DEEPEST]
    last = max((at for at, id in enumerate(kept, 1) if id in gold.articles), default=len(kept))
    return tuple(kept[: last if gold.articles else 0])


def _surfaced(gold: Gold, answer: Answer) -> float:
    quotes = (answer.best, *answer.alternatives) if answer.best else ()
    cited = {citation.article.id for quote in quotes for citation in quote.citations}
    return len(cited & set(gold.articles)) / len(set(gold.articles)) if gold.articles else 0.0


def _quoted(citation: Citation) -> Quoted:
    article = citation.article
    return Quoted(
        article.id, article.title, citation.start, citation.end, citation.prefix, citation.exact, citation.suffix
    )
