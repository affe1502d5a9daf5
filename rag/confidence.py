"""Confidence of an answer: a logistic model over named features, stored beside the reader's weights."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from index.errors import ModelMismatchError


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
        """Probability in 0..1 that the answer with these rag.features is right, rounded to 4 decimals."""
        total = self.bias + sum(self.weights.get(name, 0.0) * value for name, value in features.items())
        return round(1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), 4)
