"""Retrieval measures against trec_eval's recorded figures, and their edges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import metrics

N = [f"n{i:02}" for i in range(12)]

# ranked ids, relevant ids, then trec_eval's recall_5, recall_10, recip_rank and ndcg_cut_10 (pytrec-eval-terrier 0.5)
RECORDED = [
    (["d", "b", "a", "c"], {"a"}, 1.0, 1.0, 0.333333, 0.5),
    (["a", "b", "c", "d", "e"], {"a", "e"}, 1.0, 1.0, 1.0, 0.850345),
    (["b", "x", "a"], {"a", "y", "z"}, 0.333333, 0.333333, 0.333333, 0.234639),
    (["b", "c"], {"a"}, 0.0, 0.0, 0.0, 0.0),
    ([*N[:11], "a"], {"a", "n04"}, 0.5, 0.5, 0.2, 0.237198),
    (N, set(N[1:]), 0.363636, 0.818182, 0.5, 0.779908),
]


@pytest.mark.parametrize(("ranked", "relevant", "recall_5", "recall_10", "recip_rank", "ndcg_cut_10"), RECORDED)
def test_measures_equal_trec_eval(
    ranked: list[str], relevant: set[str], recall_5: float, recall_10: float, recip_rank: float, ndcg_cut_10: float
) -> None:
    assert metrics.recall(ranked, relevant, 5) == pytest.approx(recall_5, abs=1e-6)
    assert metrics.recall(ranked, relevant, 10) == pytest.approx(recall_10, abs=1e-6)
    assert metrics.reciprocal_rank(ranked, relevant) == pytest.approx(recip_rank, abs=1e-6)
    assert metrics.ndcg(ranked, relevant) == pytest.approx(ndcg_cut_10, abs=1e-6)


def test_a_rank_past_the_cut_off_is_worth_nothing() -> None:
    assert metrics.reciprocal_rank(N, {"n10"}, k=10) == 0.0
    assert metrics.reciprocal_rank(N, {"n09"}, k=10) == 1 / 10


@pytest.mark.parametrize("measure", [metrics.recall, metrics.reciprocal_rank, metrics.ndcg])
def test_a_question_without_a_relevant_id_has_no_rank_measure(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(ValueError, match="no id is relevant"):
        measure(["a"], set(), 5)


@given(st.permutations(["a", "b", "c", "d"]))
def test_equal_scores_rank_by_id_whatever_the_order_of_arrival(order: list[str]) -> None:
    scores = {"a": 1.0, "b": 2.0, "c": 1.0, "d": 2.0}
    assert metrics.rank({id: scores[id] for id in order}) == ["b", "d", "a", "c"]


@given(st.one_of(st.none(), st.integers(1, 60)), st.integers(1, 30))
def test_evidence_recall_asks_for_a_rank_among_the_first_k(rank: int | None, k: int) -> None:
    assert metrics.found(rank, k) == (rank in range(1, k + 1))


def test_the_mean_of_nothing_is_not_a_score() -> None:
    assert metrics.mean([]) is None
    assert metrics.mean([0.0, 1.0, 0.5]) == 0.5


def test_a_percentile_is_one_of_the_values() -> None:
    hundred = [float(n) for n in range(100, 0, -1)]
    assert metrics.percentile(hundred, 0.50) == 50
    assert metrics.percentile(hundred, 0.95) == 95
    assert metrics.percentile([7.0], 0.95) == 7
    assert metrics.percentile([], 0.5) is None
