"""Fitting confidence on observations a person can predict."""

import json
from pathlib import Path

import numpy as np
import pytest

from rag.confidence import Confidence
from rag.train.calibrate import Observation, fit, lowest_threshold, observe
from tests.fakes import CapitalReader, WordEmbedder

pytest.importorskip("sklearn", reason="calibration needs the train extra")


def test_the_threshold_is_the_lowest_with_few_enough_wrong() -> None:
    sure = np.array([0.9, 0.8, 0.7, 0.6, 0.2])
    right = np.array([True, True, False, True, False])
    assert lowest_threshold(sure, right, wrong=0.25) == 0.6
    assert lowest_threshold(sure, right, wrong=0.0) == 0.8
    assert lowest_threshold(sure, ~np.ones(5, dtype=bool), wrong=0.5) == 1.0


def test_a_fit_is_loaded_with_the_better_score_more_confident(tmp_path: Path) -> None:
    observations = [
        Observation(
            "gold" if at % 2 else "squad", {"score": float(at % 10), "dense": 0.0}, float(at % 10 > 4), at % 10 > 2
        )
        for at in range(400)
    ]
    fit(observations, tmp_path)
    confidence = Confidence.load(tmp_path / "calibration.json")
    assert confidence({"score": 9.0, "dense": 0.0}) > 0.9 > 0.1 > confidence({"score": 0.0, "dense": 0.0})
    assert 0.0 < confidence.threshold < 1.0
    assert json.loads((tmp_path / "calibration.json").read_text())["on_gold"]["wrong_of_answered"] <= 0.1


def test_candidates_are_not_observed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ferry.txt").write_text("Ferry\n\nThe old ferry sank near Morlo.")
    asked = [("where sank the old ferry", "active"), ("where sank the ferry", "candidate")]
    lines = [{"question": q, "answers": ["Morlo"], "tags": ["dev"], "status": status} for q, status in asked]
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, lines)))
    monkeypatch.setattr("rag.train.calibrate.load_embedder", WordEmbedder)
    monkeypatch.setattr("rag.train.calibrate.load_reader", lambda folder: CapitalReader())
    sets = [(tmp_path / "gold.jsonl", tmp_path / "ferry.txt")]
    (found,) = observe(sets, "dev", None, tmp_path, tmp_path, 0)
    assert (found.source, found.right, found.answerable) == ("gold", True, True)
