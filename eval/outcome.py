"""What became of one gold question: its scores and, when it failed, the stage that failed it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eval import metrics
from eval.gold import Gold, flat
from index.types import Article, Hit, Passage
from rag import squad
from rag.types import Answer, Quote

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
class Outcome:
    """One question's result; a question that could not be asked has an `error` and scores 0.

    prediction: the answer's text, "" when declined. candidate: the best text when declining is not allowed, equal to
    `prediction` when it was not declined. em, f1 and candidate_em, candidate_f1: SQuAD scores of the two.
    confidence: the best candidate's. retrieved: article ids by rank. holds: whether the passage at each rank holds
    the evidence. violations: what is wrong with the citations. latency_ms: of asking once.
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
    retrieved: tuple[str, ...] = ()
    holds: tuple[bool, ...] = ()
    passed: bool = False
    stage: Stage | None = None
    citations: int = 0
    violations: tuple[str, ...] = ()
    latency_ms: float = 0.0
    error: str | None = None


def judge(gold: Gold, answer: Answer, candidate: Answer, hits: Sequence[Hit]) -> Outcome:
    """Scores an answer. `candidate` is the answer when declining is not allowed; `hits` are the passages by rank."""
    prediction = answer.best.text if answer.best else ""
    best = candidate.best.text if candidate.best else ""
    passed = _passed(gold, answer)
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
        retrieved=ranked_articles(hits),
        holds=tuple(holds_evidence(gold, hit.passage, hit.article) for hit in hits),
        passed=passed,
        stage=None if passed else stage(gold, answer, candidate, hits),
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
    if not any(holds_evidence(gold, seen.hit.passage, seen.hit.article) for seen in candidate.trace):
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


def _overlaps(gold: Gold, quote: Quote) -> bool:
    for citation in quote.citations:
        if citation.article.id not in gold.articles:
            continue
        for accepted in gold.answers:
            pattern = r"\s+".join(map(re.escape, accepted.split()))
            for place in re.finditer(pattern, citation.article.text, re.IGNORECASE):
                if place.start() < citation.end and citation.start < place.end():
                    return True
    return False
