"""Citation validity: every way in which a citation can lie is said."""

from dataclasses import replace

import pytest

from eval.citations import violations
from index.types import Article, Stats
from rag.types import Answer, Citation, Quote

TEXT = "Ada mends nets. Bea paints hulls."
ARTICLE = Article("nets", "", TEXT, None, None, None, None, "")
BEA = Citation(ARTICLE, 16, 19, "Bea", "", " paints hulls.")
ADA = Citation(ARTICLE, 0, 3, "Ada", "", " mends nets.")


def answer(best: Quote | None, *alternatives: Quote, see_also: tuple[Citation, ...] = ()) -> Answer:
    return Answer(
        status="answered" if best else "no_answer",
        best=best,
        alternatives=alternatives,
        reason=None,
        best_confidence=0.9,
        see_also=see_also,
        threshold=0.5,
        stats=Stats(1, 1, 1),
        timings_ms={},
    )


def stored(id: str) -> str | None:
    return TEXT if id == "nets" else None


def test_slices_of_the_stored_article_are_valid() -> None:
    assert violations(answer(Quote("Bea", 0.9, (BEA, ADA)), Quote("Ada", 0.2, (ADA,))), stored) == []
    assert violations(answer(None, see_also=(ADA,)), stored) == []


@pytest.mark.parametrize(
    ("citation", "says"),
    [
        (replace(BEA, start=17, end=20), "nets[17:20] is 'ea ', not 'Bea'"),
        (replace(BEA, start=31, end=34), "nets[31:34] is not inside the article's 33 characters"),
        (replace(BEA, start=-17, end=-14), "nets[-17:-14] is not inside"),
        (replace(BEA, prefix="nets.", suffix=""), "nets[16:19] does not stand between its prefix and suffix"),
        (replace(BEA, suffix=" paints sails."), "nets[16:19] does not stand between its prefix and suffix"),
        (replace(ADA, prefix="s."), "nets[0:3] does not stand between its prefix and suffix"),
        (replace(BEA, article=replace(ARTICLE, id="gone")), "gone[16:19] cites an article that is not in the library"),
        (replace(BEA, article=replace(ARTICLE, text=TEXT + "!")), "nets[16:19] cites another text of the article"),
    ],
)
@pytest.mark.parametrize("place", ["best", "second citation", "alternative", "see_also"])
def test_a_lie_is_told_wherever_it_stands(citation: Citation, says: str, place: str) -> None:
    lying = {
        "best": answer(Quote(citation.exact, 0.9, (citation,))),
        "second citation": answer(Quote("Ada", 0.9, (ADA, citation))),
        "alternative": answer(Quote("Ada", 0.9, (ADA,)), Quote(citation.exact, 0.1, (citation,))),
        "see_also": answer(None, see_also=(citation,)),
    }[place]
    assert any(violation.startswith(says) for violation in violations(lying, stored))


def test_an_answer_needs_a_citation_of_its_own_words() -> None:
    assert violations(answer(Quote("Bea", 0.9, ())), stored) == ["'Bea' is answered without a citation"]
    assert violations(answer(Quote("bea", 0.9, (BEA,))), stored) == [
        "'bea' is answered, but its first citation says 'Bea'"
    ]
