"""The bench of vector index kinds: what is drawn, what is found, and how cost grows."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from eval.bench import sample_vectors, scale
from eval.bench.scale import Row
from index.errors import RefusedError
from index.types import Vectors

RNG = np.random.default_rng(5)
REAL: Vectors = sample_vectors.unit(RNG.normal(size=(300, 16)).astype(np.float32))


def row(kind: str, size: int, search_ms: float) -> Row:
    return Row(kind, size, search_ms, 2 * search_ms, 0.75, 12.0, 345.0, 0.25, 67.0)


def test_the_real_vectors_come_first_and_the_drawn_ones_lie_around_them(tmp_path: Path) -> None:
    vectors = sample_vectors.drawn(REAL, 2000, tmp_path / "vectors.npy")
    assert np.array_equal(vectors[:300], REAL)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    nearest = np.median(np.sort(REAL @ REAL.T, axis=1)[:, -2])
    assert np.median((vectors[300:] @ REAL.T).max(axis=1)) == pytest.approx(nearest, abs=0.15)


def test_the_same_vectors_are_drawn_again(tmp_path: Path) -> None:
    first, second = (sample_vectors.drawn(REAL, 500, tmp_path / name) for name in "ab")
    assert np.array_equal(first, second)


def test_one_passage_has_no_distribution(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="1 passages"):
        sample_vectors.drawn(REAL[:1], 500, tmp_path / "a")


def test_the_exact_best_are_those_of_all_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "_SLICE", 64)
    assert np.array_equal(scale.nearest(REAL, REAL[:5]), np.argsort(-(REAL[:5] @ REAL.T), axis=1)[:, : scale.K])


def test_every_kind_is_measured_at_every_size_and_flat_finds_all(tmp_path: Path) -> None:
    vectors = sample_vectors.drawn(REAL, 1000, tmp_path / "vectors.npy")
    rows = scale.measure(vectors, REAL[:20], tmp_path, sizes=[300, 1000], wanted=["flat", "ivf-sq8", "hnsw-sq8"])
    assert [(r.kind, r.size) for r in rows] == [(k, n) for n in (300, 1000) for k in ("flat", "ivf-sq8", "hnsw-sq8")]
    assert all(r.recall == 1.0 for r in rows if r.kind == "flat")
    assert all(r.recall > 0.9 and r.search_ms > 0 and r.rate > 0 and r.file_mb > 0 for r in rows)


def test_the_exponent_is_of_the_two_largest_sizes() -> None:
    rows = [row("flat", 1000, 9.0), row("flat", 10_000, 1.0), row("flat", 1_000_000, 10.0), row("other", 1000, 1.0)]
    assert scale.exponent(rows, "flat") == pytest.approx(1 / 2)
    assert scale.exponent(rows, "other") is None


def test_the_table_and_the_chart_show_every_kind() -> None:
    rows = [row("flat", 1000, 1.0), row("flat", 10_000, 10.0), row("ivf-sq8", 1000, 0.5)]
    console = Console(width=160)
    with console.capture() as shown:
        console.print(scale.table(rows, 300))
    for figure in ("300 real", "flat 1.00", "10.00", "20.00", "0.750", "345", "0.25", "67"):
        assert figure in shown.get()
    chart = ElementTree.fromstring(scale.chart(rows))
    texts = [text.text for text in chart.iter("{http://www.w3.org/2000/svg}text")]
    assert {"flat", "ivf-sq8", "1,000", "10,000"} <= set(texts)
