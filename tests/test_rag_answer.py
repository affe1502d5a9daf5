"""From question to cited answer, on models a person can predict."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.library import Library
from index.types import Filters
from rag.answer import Answerer, Settings
from rag.confidence import Confidence
from rag.features import Features, named
from rag.types import Answer, Citation
from tests.fakes import CapitalReader, WordEmbedder
from tests.test_index_library import intake


@pytest.fixture
def answerer(tmp_path: Path) -> Iterator[Answerer]:
    with Library.open(tmp_path, WordEmbedder()) as library:
        yield Answerer(library, CapitalReader(), Confidence.plain(), Settings(dense_weight=0.0))


def fill(answerer: Answerer, **texts: str) -> None:
    list(answerer.library.add([intake(id, text) for id, text in texts.items()]))


def citations(answer: Answer) -> list[Citation]:
    quotes = [answer.best, *answer.alternatives] if answer.best else []
    return [c for quote in quotes for c in quote.citations] + list(answer.see_also)


def test_the_answer_is_cut_from_its_article_with_the_sentence_around_it(answerer: Answerer) -> None:
    fill(answerer, a="It rained. The old ferry sank near Morlo on a cold day. Nobody drowned.")
    answer = answerer.ask("Where did the old ferry sink on that cold day?")
    assert answer.best is not None
    (citation,) = answer.best.citations
    assert (answer.status, answer.best.text) == ("answered", "Morlo")
    assert (
        citation.prefix + "|" + citation.exact + "|" + citation.suffix
        == "The old ferry sank near |Morlo| on a cold day."
    )


def test_in_a_line_without_end_the_sentence_is_still_one_of_people(answerer: Answerer) -> None:
    filler = "Boats came and went that day. " * 1_000
    fill(answerer, a=f"{filler}The old ferry sank near Morlo on a cold day. {filler}".strip())
    answer = answerer.ask("Where did the old ferry sink on that cold day?")
    assert answer.best is not None
    (citation,) = answer.best.citations
    assert (citation.prefix, citation.suffix) == ("The old ferry sank near ", " on a cold day.")


def test_half_a_surrogate_pair_in_a_question_breaks_nothing(answerer: Answerer) -> None:
    fill(answerer, a="The old ferry sank near Morlo on a cold day.")
    answer = answerer.ask("Where did the old ferry \udce9 sink on that cold day?")
    assert answer.best is not None
    assert answer.best.text == "Morlo"


def test_a_question_of_stop_words_alone_is_covered_by_a_passage_that_has_them(answerer: Answerer) -> None:
    fill(answerer, a="Who is it? It is Morlo.")
    answer = answerer.ask("who is it", min_confidence=0.0)
    assert answer.best is not None
    assert answer.best.features["coverage"] == 1.0


def test_an_answer_in_the_headline_cites_the_headlines_own_offsets(answerer: Answerer) -> None:
    list(answerer.library.add([intake("a", "the tender was long and dull.", title="Morlo wins harbour ferry tender")]))
    answer = answerer.ask("who wins harbour ferry tender")
    assert answer.best is not None
    assert (answer.best.text, answer.best.citations[0].start) == ("Morlo", 0)
    assert answer.best.features["headline"] == 1.0
    list(answerer.library.add([intake("b", "It is Morlo who wins the harbour ferry tender.")]))
    answer = answerer.ask("who wins harbour ferry tender")
    assert answer.best is not None
    assert answer.best.text == "Morlo"
    assert answer.best.features["headline"] == 0.0  # another article's text says it too


def test_equal_answers_from_two_articles_are_one_with_two_citations(answerer: Answerer) -> None:
    fill(answerer, a="The old ferry sank near Morlo.", b="Yes, near Morlo the old ferry sank again.")
    answer = answerer.ask("where sank the old ferry")
    assert answer.best is not None
    assert {c.article.id for c in answer.best.citations} == {"a", "b"}


def test_one_answer_in_two_forms_is_one_with_two_citations(answerer: Answerer) -> None:
    fill(answerer, a="The old ferry had Eleven rowers.", b="the old ferry had 11 rowers.")
    answer = answerer.ask("old ferry rowers")
    assert answer.best is not None
    assert {c.article.id for c in answer.best.citations} == {"a", "b"}


def test_different_answers_are_alternatives_and_top_k_limits_them(answerer: Answerer) -> None:
    fill(
        answerer,
        a="The old ferry sank near Morlo.",
        b="The old ferry sank near Tarn.",
        c="The old ferry sank near Brill.",
    )
    answer = answerer.ask("where sank the old ferry", top_k=2)
    assert answer.best is not None
    assert len({answer.best.text, *(q.text for q in answer.alternatives)}) == 2


def test_the_nearer_of_two_passages_with_equal_spans_comes_first(answerer: Answerer) -> None:
    fill(answerer, a="The old ferry sank near Morlo with tea and rope and hay.", b="The old ferry sank near Tarn.")
    answerer.settings = Settings(dense_weight=4.0)
    best = answerer.ask("where sank the old ferry").best
    assert best is not None
    assert best.text == "Tarn"


FERRY = (
    "It rained for days. The old ferry sank near Morlo on a cold day with tea and rope and hay aboard."
    " Divers from the harbour office looked for it in vain and the owner gave up after a week."
)


def test_passages_far_below_the_best_one_are_not_read(answerer: Answerer) -> None:
    fill(
        answerer,
        near="The old ferry sank near Morlo.",
        other="A ferry fair in Brent.",
        far="Gulls eat bread at Corrow.",
    )
    question = "Where did the old ferry sink?"
    assert [seen.hit.article.id for seen in answerer.ask(question).trace] == ["near"]
    answerer.settings = Settings(dense_weight=0.0, reach=2.0)
    assert [seen.hit.article.id for seen in answerer.ask(question).trace] == ["near", "other", "far"]


def test_edited_copies_change_neither_the_answer_nor_its_confidence(answerer: Answerer) -> None:
    fill(answerer, a=FERRY, b="A newer ferry sank near Tarn.", c="The ferry to Brill was late.")
    before = answerer.ask("Where did the old ferry sink on that cold day?").best
    for n, (old, new) in enumerate((("rained", "snowed"), ("a cold day", "one cold and windy day"), ("tea", "coal"))):
        fill(answerer, **{f"copy{n}": FERRY.replace(old, new)})
    after = answerer.ask("Where did the old ferry sink on that cold day?").best
    assert before is not None
    assert after is not None
    assert (after.text, after.confidence, after.citations[0]) == (before.text, before.confidence, before.citations[0])
    assert len(after.citations) == 4


def test_a_correction_that_copies_the_rest_is_shown_beside_the_original(answerer: Answerer) -> None:
    fill(answerer, a=FERRY, b=FERRY.replace("Morlo", "Tarn"))
    answer = answerer.ask("Where did the old ferry sink on that cold day?")
    assert answer.best is not None
    assert {answer.best.text, answer.alternatives[0].text} == {"Morlo", "Tarn"}


def test_an_empty_library_says_so(answerer: Answerer) -> None:
    assert answerer.ask("where is everything").reason == "empty_index"


def test_filters_that_match_nothing_say_so(answerer: Answerer) -> None:
    fill(answerer, a="The old ferry sank near Morlo.")
    assert (
        answerer.ask("where sank the old ferry", filters=Filters(source=("Nobody",))).reason == "filters_match_nothing"
    )


def test_an_unrelated_question_finds_no_relevant_passage(answerer: Answerer) -> None:
    fill(answerer, a="The old ferry sank near Morlo.")
    answer = answerer.ask("bake sourdough bread")
    assert (answer.status, answer.best, answer.reason) == ("no_answer", None, "no_relevant_passage")


def test_a_weak_answer_is_declined_with_the_nearest_passages(answerer: Answerer) -> None:
    fill(answerer, a="The ferry rests at Morlo.")
    answer = answerer.ask("who painted the ferry")
    assert answer.reason == "low_confidence"
    assert answer.best_confidence < answer.threshold
    assert [c.exact for c in answer.see_also] == ["The ferry rests at Morlo."]


def test_a_lower_threshold_gives_the_answer_with_the_same_confidence(answerer: Answerer) -> None:
    fill(answerer, a="The ferry rests at Morlo.")
    declined, given = (answerer.ask("who painted the ferry", min_confidence=m) for m in (None, 0.0))
    assert given.best is not None
    assert given.best.confidence == given.best_confidence == declined.best_confidence


def test_the_same_question_twice_gives_the_same_answer_but_for_its_timings(answerer: Answerer) -> None:
    fill(answerer, a="The old ferry sank near Morlo.", b="The old ferry sank near Tarn.")
    one, two = (replace(answerer.ask("where sank the old ferry"), timings_ms={}) for _ in range(2))
    assert one == two


def test_an_article_removed_while_it_is_read_is_not_cited(answerer: Answerer) -> None:
    fill(answerer, a="The old ferry sank near Morlo.", b="The old ferry sank near Tarn.")
    reader = answerer.reader

    class RemovingReader:
        name = "removing"

        def read(self, question: str, passages: object) -> object:
            answerer.library.remove(["a"])
            return reader.read(question, passages)  # type: ignore[arg-type]

    answerer.reader = RemovingReader()  # type: ignore[assignment]
    answer = answerer.ask("where sank the old ferry")
    assert {c.article.id for c in citations(answer)} == {"b"}


@pytest.mark.parametrize("question", ["C++?", "it's", "NEAR(", "😀", "?" * 1001, "a" * 100_000, "\x00", ""])
def test_any_question_gets_an_answer_or_none(answerer: Answerer, question: str) -> None:
    fill(answerer, a="The old ferry sank near Morlo.")
    assert answerer.ask(question).status in ("answered", "no_answer")


ODD = st.text(st.sampled_from("Abé אב한😀👩‍🚀\u0301\u200d\u200f.?!\n “”(1$"), min_size=1, max_size=150)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=ODD, title=st.text(st.sampled_from("Ab 1é😀"), max_size=20).map(str.strip), words=st.text("Abé1 ", max_size=12)
)
def test_every_citation_slices_to_its_text(answerer: Answerer, body: str, title: str, words: str) -> None:
    list(answerer.library.add([intake("x", f"A1b {body}", title=title)]))
    answer = answerer.ask(words + " b", top_k=10, min_confidence=0.0)
    for c in citations(answer):
        text = c.article.text
        assert text == answerer.library.get("x").article.text  # type: ignore[union-attr]
        assert text[c.start : c.end] == c.exact
        assert text[c.start - len(c.prefix) : c.end + len(c.suffix)] == c.prefix + c.exact + c.suffix


def test_confidence_is_the_logistic_of_named_features() -> None:
    confidence = Confidence(bias=-1.0, weights={"score": 0.5, "margin": 1.0}, threshold=0.4)
    features = Features(
        score=2.0,
        margin=0.0,
        behind=0.0,
        dense=0.5,
        coverage=1.0,
        unknown_words=0,
        headline=False,
        wrong_type=False,
        unknown_name=False,
        lacks_counted=False,
    )
    assert confidence(named(features)) == 0.5  # 1 / (1 + exp(-(-1 + 0.5 * 2 + 1 * 0)))
    assert confidence(named(replace(features, margin=3.0))) > confidence(named(features))


def test_words_that_stand_nowhere_in_the_library_are_counted_by_their_forms(answerer: Answerer) -> None:
    fill(answerer, a="The old ferries sank near Morlo.", b="Gulls sat on the quay.")
    for question, count in (
        ("Where did the old ferry sink, by the quay?", 1),  # "sink": its forms are no forms of "sank"
        ("Where did the old ferry go?", 1),
        ("Where do gulls sit among purple elephants, umbrellas and lanterns?", 3),
        ("Where is the ferry?", 0),
    ):
        best = answerer.ask(question, min_confidence=0.0).best
        assert best is not None
        assert best.features["unknown_words"] == count, question


def test_how_far_a_passage_is_behind_the_best_is_told(answerer: Answerer) -> None:
    fill(answerer, a="The old ferry sank near the pier.", b="at Morlo the old ferry sank, near the quay.")
    best = answerer.ask("Where was the old ferry that sank near the pier?", min_confidence=0.0).best
    hits = answerer.library.search("Where was the old ferry that sank near the pier?", 2).hits
    assert best is not None
    assert best.text == "Morlo"
    assert best.features["behind"] == pytest.approx(hits[0].score - hits[1].score)
