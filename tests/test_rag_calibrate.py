"""Fitting confidence on observations a person can predict."""

import json
from pathlib import Path

import numpy as np
import pytest

from rag.confidence import Confidence
from rag.train.calibrate import Observation, fit, lowest_threshold

pytest.importorskip("sklearn", reason="calibration needs the train extra")


def test_the_threshold_is_the_lowest_with_few_enough_wrong() -> None:
    sure = np.array([0.9, 0.8, 0.7, 0.6, 0.2])
    right = np.array([True, True, False, True, False])
    assert lowest_threshold(sure, right, wrong=0.25) == 0.6
    assert lowest_threshold(sure, right, wrong=0.0) == 0.8
    assert lowest_threshold(sure, ~np.ones(5, dtype=bool), wrong=0.5) == 1.0


def test_a_fit_is_loaded_with_the_better_score_more_confident(tmp_path: Path) -> None:
    observations = [
        Observation("gold" if at % 2 else "squad", {"score": float(at % 10), "names": 0.0}, at % 10 > 4, at % 10 > 2)
        for at in range(400)
    ]
    fit(observations, tmp_path)
    confidence = Confidence.load(tmp_path / "calibration.json")
    assert confidence({"score": 9.0, "names": 0.0}) > 0.9 > 0.1 > confidence({"score": 0.0, "names": 0.0})
    assert 0.0 < confidence.threshold < 1.0
    assert json.loads((tmp_path / "calibration.json").read_text())["on_gold"]["wrong_of_answered"] <= 0.1
