"""Discrimination and calibration by hand-written numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import abstention

FOUR = [(0.9, True), (0.8, False), (0.6, True), (0.1, False)]
JUDGED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30)


def test_auroc_counts_the_pairs_in_which_the_right_one_is_surer() -> None:
    assert abstention.auroc(FOUR) == 3 / 4
    assert abstention.auroc([(0.5, True), (0.5, False)]) == 0.5


@pytest.mark.parametrize("judged", [[], [(0.5, True)], [(0.5, False)]])
def test_auroc_needs_both_kinds(judged: list[tuple[float, bool]]) -> None:
    assert abstention.auroc(judged) is None


def test_risk_rises_as_less_sure_answers_are_given() -> None:
    points = [(p.confidence, p.coverage, p.risk) for p in abstention.risk_coverage(FOUR)]
    assert points == [(0.9, 0.25, 0.0), (0.8, 0.5, 0.5), (0.6, 0.75, pytest.approx(1 / 3)), (0.1, 1.0, 0.5)]


def test_equal_confidences_are_answered_together() -> None:
    (point,) = abstention.risk_coverage([(0.5, True), (0.5, False)])
    assert (point.coverage, point.risk) == (1.0, 0.5)


def test_coverage_is_the_most_that_keeps_the_risk() -> None:
    assert abstention.coverage_at_risk(FOUR) == 0.25
    assert abstention.coverage_at_risk(FOUR, risk=0.34) == 0.75
    assert abstention.coverage_at_risk([(0.9, False)]) == 0.0
    assert abstention.coverage_at_risk([]) is None


def test_calibration_error_is_the_mean_gap_by_bin() -> None:
    assert abstention.ece([(0.85, True), (0.85, False), (0.15, False)]) == pytest.approx((2 * 0.35 + 0.15) / 3)
    assert abstention.ece([(1.0, True), (0.0, False)]) == 0.0
    assert abstention.ece([]) is None


def test_brier_is_the_mean_squared_gap() -> None:
    assert abstention.brier([(0.8, True), (0.4, False)]) == pytest.approx((0.2**2 + 0.4**2) / 2)
    assert abstention.brier([]) is None


@given(JUDGED)
def test_every_answer_is_in_one_bin(judged: list[tuple[float, bool]]) -> None:
    bins = abstention.reliability(judged)
    assert sum(b.count for b in bins) == len(judged)
    assert all(b.low <= b.confidence + 1e-9 and b.confidence - 1e-9 <= b.high for b in bins)


@given(JUDGED)
def test_coverage_only_grows_and_risk_ends_at_the_share_of_the_wrong(judged: list[tuple[float, bool]]) -> None:
    points = abstention.risk_coverage(judged)
    assert [p.coverage for p in points] == sorted(p.coverage for p in points)
    if judged:
        assert points[-1].risk == pytest.approx(sum(not right for _, right in judged) / len(judged))
