"""Confidence of an answer: a logistic model over named features, stored beside the reader's weights."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from index.errors import ModelMismatchError


@dataclass(frozen=True, slots=True)
class Features:
    """What confidence is judged by; all of one answer.

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


@dataclass(frozen=True, slots=True)
class Confidence:
    """sigmoid(bias + sum of weight x feature); an answer below `threshold` is not given."""

    bias: float
    weights: Mapping[str, float]
    threshold: float

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads calibration.json: {"bias", "weights": {feature: weight}, "threshold", …}; raises ModelMismatchError."""
        try:
            document = json.loads(path.read_bytes())
            return cls(document["bias"], document["weights"], document["threshold"])
        except (OSError, ValueError, KeyError, TypeError):
            raise ModelMismatchError(
                f"{path} is no calibration of a reader; write it with rag.train calibrate"
            ) from None

    @classmethod
    def plain(cls) -> Self:
        """The score alone: 0.5 where it is 0. Uncalibrated."""
        return cls(bias=0.0, weights={"score": 1.0}, threshold=0.5)

    def __call__(self, features: Mapping[str, float]) -> float:
        """Probability in 0..1 that the answer with these `named` features is right, rounded to 4 decimals."""
        total = self.bias + sum(self.weights.get(name, 0.0) * value for name, value in features.items())
        return round(1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), 4)


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
