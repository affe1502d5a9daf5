"""What the confidence of an answer is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.library import Library
from index.search import content_words, words
from index.types import Hit
from rag.answer_type import types_asked
from rag.candidates import Said
from rag.counted import counted, lacks_counted
from rag.names import names, unknown

_ALONE = 8.0  # margin of the only answer


@dataclass(frozen=True, slots=True)
class Features:
    """What is seen of one answer.

    score: its best span minus null logit, plus the retriever's share (see Settings.dense_weight). margin: how far that
    is above the next different answer's score (negative for an alternative), those that only copies say aside. behind:
    how far its passage's search score is below the best original's, which is 0 where it is the best. dense: cosine of
    question and passage. coverage: share of the question's content words that stand in the passage, its headline or its
    date. headline: whether only headlines say it. unknown_words: how many of the question's content words stand nowhere
    in the library, so that no passage could have them. wrong_type: whether the answer cannot be of the type that is
    asked for (see rag.answer_type). unknown_name: whether the question names what the answer's article nowhere mentions
    (see rag.names). lacks_counted: whether the question asks how many of something and the answer's sentence says
    nothing of it.
    """

    score: float
    margin: float
    behind: float
    dense: float
    coverage: float
    unknown_words: int
    headline: bool
    wrong_type: bool
    unknown_name: bool
    lacks_counted: bool


def named(features: Features) -> dict[str, float]:
    """The numbers the logistic model sees, each bounded."""
    return {
        "score": max(-12.0, min(16.0, features.score)),
        "margin": max(-8.0, min(8.0, features.margin)),
        "behind": min(1.0, features.behind),
        "dense": features.dense,
        "coverage": features.coverage,
        "unknown_words": float(min(3, features.unknown_words)),
        "headline": float(features.headline),
        "wrong_type": float(features.wrong_type),
        "unknown_name": float(features.unknown_name),
        "lacks_counted": float(features.lacks_counted),
    }


def seen(question: str, answers: Sequence[Said], hits: Sequence[Hit], library: Library) -> list[Features]:
    """Of each answer, in order. hits: all that were found, read or not. What only copies say is no rival."""
    rivals = [said for said in answers if said.original]
    highest = max((hit.score for hit in hits if hit.copy_of is None), default=0.0)
    asked, mentioned = set(content_words(question)), names(question)
    unknown_words = len(library.unknown(" ".join(asked), {hit.passage.id for hit in hits if hit.copy_of}))
    things = library.stems(" ".join(listed)) if (listed := counted(question)) else set()
    types = types_asked(question)
    coverage: dict[int, float] = {}  # by passage
    strange: dict[str, bool] = {}  # by article
    found = []
    for said in answers:
        hit = said.best.hit
        if hit.passage.id not in coverage:
            coverage[hit.passage.id] = len(asked & set(words(_granted(hit)))) / max(1, len(asked))
        if hit.article.id not in strange:
            strange[hit.article.id] = bool(unknown(mentioned, hit.article, library))
        rival = next((other.score for other in rivals if other is not said), said.score - _ALONE)
        features = Features(
            score=said.score,
            margin=said.score - rival,
            behind=max(0.0, highest - hit.score),
            dense=hit.dense or 0.0,
            coverage=coverage[hit.passage.id],
            unknown_words=unknown_words,
            headline=all(member.in_headline for member in said.members),
            wrong_type=not all(fits(said.best.text) for fits in types),
            unknown_name=strange[hit.article.id],
            lacks_counted=bool(things) and lacks_counted(things, hit.article.text[slice(*said.best.sentence)], library),
        )
        found.append(features)
    return found


def _granted(hit: Hit) -> str:
    """A passage with what it may take for granted: its headline and its date."""
    return f"{hit.article.title} {hit.passage.text} {hit.article.published or ''}".replace("-", " ")
