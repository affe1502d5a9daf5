"""One question's outcome: its scores, and for each way to fail the one stage that names it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from eval.gold import Gold
from eval.outcome import holds_evidence, judge, ranked_articles
from index.types import Article, Hit, Passage, Stats
from rag.types import Answer, Citation, Considered, Quote, Span

NETS = "Harbour news\n\nAda Brook mends the nets. Bea Cole paints the hulls."
BOATS = "Cy Dunn mends the boats."
GOLD = Gold(
    "q",
    "Who mends the nets?",
    "answer",
    answers=("Ada Brook",),
    articles=("nets",),
    evidence="Ada Brook mends the nets.",
)
CONFLICT = Gold(
    "q",
    "Who mends?",
    "conflict",
    answers=("Ada Brook", "Cy Dunn"),
    articles=("nets", "boats"),
    evidence="Ada Brook mends the nets.",
    by_article={"nets": ("Ada Brook",), "boats": ("Cy Dunn",)},
)
NO_ANSWER = Gold("q", "Who mends the sails?", "no_answer")


def article(id: str, text: str) -> Article:
    title = text.split("\n\n")[0] if "\n\n" in text else ""
    return Article(id, title, text, None, None, None, None, "")


def hit(id: str, text: str, part: str, score: float = 1.0) -> Hit:
    start = text.index(part)
    return Hit(Passage(1, id, start, start + len(part), part), article(id, text), score, None, None)


EVIDENCE = hit("nets", NETS, "Ada Brook mends the nets.")
OTHER_PART = hit("nets", NETS, "Bea Cole paints the hulls.")
OTHER_ARTICLE = hit("boats", BOATS, BOATS)


def quote(hit: Hit, exact: str) -> Quote:
    text = hit.article.text
    start = text.index(exact)
    return Quote(exact, 0.8, (Citation(hit.article, start, start + len(exact), exact, "", ""),))


def answer(*quotes: Quote, trace: Sequence[tuple[Hit, str]] = (), confidence: float = 0.8) -> Answer:
    """Answered with the first quote, or declined when there is none."""
    considered = []
    for seen, span in trace:
        start = seen.article.text.index(span)
        considered.append(Considered(seen, Span(start, start + len(span), 1.0), 0.0))
    return Answer(
        status="answered" if quotes else "no_answer",
        best=quotes[0] if quotes else None,
        alternatives=quotes[1:],
        reason=None if quotes else "low_confidence",
        best_confidence=confidence,
        see_also=(),
        threshold=0.5,
        stats=Stats(1, 2, 3),
        timings_ms={},
        trace=considered,
    )


def test_an_accepted_answer_passes() -> None:
    right = answer(quote(EVIDENCE, "Ada Brook"))
    outcome = judge(GOLD, right, right, [EVIDENCE])
    assert (outcome.passed, outcome.stage, outcome.em, outcome.f1) == (True, None, 1.0, 1.0)


def test_a_declined_question_scores_nothing_and_shows_its_candidate() -> None:
    outcome = judge(GOLD, answer(confidence=0.2), answer(quote(EVIDENCE, "Ada Brook")), [EVIDENCE])
    assert (outcome.answered, outcome.prediction, outcome.em, outcome.f1) == (False, "", 0.0, 0.0)
    assert (outcome.candidate, outcome.candidate_em, outcome.confidence) == ("Ada Brook", 1.0, 0.2)


def test_a_conflict_is_scored_against_all_accepted_answers() -> None:
    second = answer(quote(OTHER_ARTICLE, "Cy Dunn"))
    assert judge(CONFLICT, second, second, [OTHER_ARTICLE]).em == 1.0


@pytest.mark.parametrize("surfaced", [("Ada Brook", "Cy Dunn"), ("Cy Dunn", "Ada Brook")])
def test_a_conflict_passes_when_every_article_has_its_say(surfaced: tuple[str, str]) -> None:
    hits = {"Ada Brook": EVIDENCE, "Cy Dunn": OTHER_ARTICLE}
    both = answer(*(quote(hits[text], text) for text in surfaced))
    assert judge(CONFLICT, both, both, [EVIDENCE]).passed


def test_declining_the_unanswerable_passes_and_matches_exactly() -> None:
    outcome = judge(NO_ANSWER, answer(), answer(quote(EVIDENCE, "Ada Brook")), [EVIDENCE])
    assert (outcome.passed, outcome.em, outcome.f1) == (True, 1.0, 1.0)


ADA, SENTENCE, BEA = quote(EVIDENCE, "Ada Brook"), quote(EVIDENCE, "Brook mends"), quote(OTHER_PART, "Bea Cole")
CY = quote(OTHER_ARTICLE, "Cy Dunn")
READ = [(EVIDENCE, "Ada Brook"), (OTHER_PART, "Bea Cole")]


@pytest.mark.parametrize(
    ("stage", "gold", "given", "candidate", "hits"),
    [
        ("should_abstain", NO_ANSWER, answer(ADA), None, [EVIDENCE]),
        ("conflict_missed", CONFLICT, answer(ADA), None, [EVIDENCE, OTHER_ARTICLE]),
        ("conflict_missed", CONFLICT, answer(), answer(ADA, CY), [EVIDENCE, OTHER_ARTICLE]),
        ("false_abstain", GOLD, answer(), answer(ADA, trace=READ), [EVIDENCE]),
        ("false_abstain", GOLD, answer(), answer(SENTENCE, trace=READ), [EVIDENCE]),
        ("boundary", GOLD, answer(SENTENCE, trace=READ), None, [EVIDENCE]),
        ("retrieval_miss", GOLD, answer(CY, trace=[(OTHER_ARTICLE, "Cy Dunn")]), None, [OTHER_ARTICLE]),
        ("retrieval_miss", GOLD, answer(), answer(), []),
        ("not_read", GOLD, answer(BEA, trace=READ[1:]), None, [OTHER_PART, EVIDENCE]),
        ("ranking", GOLD, answer(BEA, ADA, trace=[(EVIDENCE, "nets"), READ[1]]), None, [EVIDENCE]),
        ("ranking", GOLD, answer(BEA, trace=READ), None, [EVIDENCE]),
        ("ranking", GOLD, answer(), answer(BEA, trace=READ), [EVIDENCE]),
        ("reader_miss", GOLD, answer(BEA, trace=[(EVIDENCE, "nets"), READ[1]]), None, [EVIDENCE]),
        ("reader_miss", GOLD, answer(), answer(BEA, trace=[(EVIDENCE, "nets")]), [EVIDENCE]),
    ],
)
def test_each_failure_has_one_stage(
    stage: str, gold: Gold, given: Answer, candidate: Answer | None, hits: Sequence[Hit]
) -> None:
    outcome = judge(gold, given, candidate or given, hits)
    assert (outcome.passed, outcome.stage) == (False, stage)


def test_the_same_words_in_another_article_are_no_boundary_case() -> None:
    elsewhere = hit("boats", "Ada Brook, sister of Ada Brook", "Ada Brook, sister")
    wrong = answer(quote(elsewhere, "Ada Brook, sister"), trace=[(elsewhere, "Ada Brook, sister"), (EVIDENCE, "nets")])
    assert judge(GOLD, wrong, wrong, [EVIDENCE, elsewhere]).stage == "reader_miss"


def test_articles_rank_by_their_best_passage() -> None:
    hits = [
        hit("b", BOATS, "Cy", 0.5),
        hit("c", BOATS, "Cy", 0.9),
        hit("b", BOATS, "Dunn", 0.9),
        hit("a", BOATS, "Cy", 0.5),
    ]
    assert ranked_articles(hits) == ("b", "c", "a")


def test_a_headline_that_is_the_evidence_is_held_by_every_passage() -> None:
    gold = Gold("q", "What news?", "answer", answers=("Harbour",), articles=("nets",), evidence="Harbour news")
    assert holds_evidence(gold, OTHER_PART.passage, OTHER_PART.article)
    assert not holds_evidence(gold, OTHER_ARTICLE.passage, OTHER_ARTICLE.article)


def test_a_rejected_answer_fails_even_where_it_would_pass() -> None:
    gold = Gold("q", "Who?", "no_answer", rejected_answers=("the Ada Brook",))
    told, declined = answer(ADA), answer()
    assert (judge(gold, told, told, []).rejected, judge(gold, declined, told, []).rejected) == (True, False)


def test_of_a_conflict_no_alternative_may_be_rejected() -> None:
    gold = replace(CONFLICT, rejected_answers=("Bea Cole",))
    both = answer(ADA, CY, BEA)
    outcome = judge(gold, both, both, [EVIDENCE, OTHER_ARTICLE])
    assert (outcome.passed, outcome.rejected) == (False, True)


def test_an_outcome_keeps_the_quote_and_the_ranks_it_is_judged_by() -> None:
    right = answer(ADA)
    outcome = judge(GOLD, right, right, [OTHER_ARTICLE, OTHER_PART, EVIDENCE])
    assert outcome.quote is not None
    assert (outcome.quote.article, outcome.quote.exact) == ("nets", "Ada Brook")
    assert (outcome.evidence_rank, outcome.retrieved) == (3, ("boats", "nets"))
    assert (outcome.cited, outcome.supported, outcome.surfaced) == (1, 1, 1.0)


def test_what_is_ranked_after_the_last_gold_article_is_not_kept() -> None:
    right = answer(ADA)
    assert judge(GOLD, right, right, [hit("nets", NETS, "Ada", 2.0), OTHER_ARTICLE]).retrieved == ("nets",)
