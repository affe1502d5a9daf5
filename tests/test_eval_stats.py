"""The statistics by hand-written numbers, and their properties."""

import math
from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import stats


def test_mcnemar_is_the_binomial_tail_of_the_changed_questions() -> None:
    assert stats.mcnemar(0, 0) == 1.0
    assert stats.mcnemar(5, 0) == 1 / 2**5
    assert stats.mcnemar(3, 1) == (4 + 1) / 2**4
    assert stats.mcnemar(0, 7) == 1.0


@given(st.integers(0, 200), st.integers(0, 200))
def test_more_losses_are_never_less_significant(losses: int, gains: int) -> None:
    assert stats.mcnemar(losses + 1, gains) <= stats.mcnemar(losses, gains) <= stats.mcnemar(losses, gains + 1)


def test_holm_multiplies_the_smallest_p_most_and_never_turns_the_order_around() -> None:
    assert stats.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert stats.holm([0.5, 0.6]) == [1.0, 1.0]
    assert stats.holm([]) == []


# scipy 1.17, binomtest(k, n).proportion_ci(method="wilson")
@pytest.mark.parametrize(
    ("k", "n", "low", "high"), [(8, 10, 0.490162, 0.943318), (0, 20, 0.0, 0.161125), (20, 20, 0.838875, 1.0)]
)
def test_wilson_equals_recorded_figures(k: int, n: int, low: float, high: float) -> None:
    assert stats.wilson(k, n) == pytest.approx((low, high), abs=1e-5)


def test_nothing_has_the_widest_interval() -> None:
    assert stats.wilson(0, 0) == (0.0, 1.0)


def test_the_interval_of_a_paired_change_is_that_of_agresti_and_min() -> None:
    z, n, lost, gained = 1.959964, 102, 10.5, 4.5
    half = z * math.sqrt((lost + gained) - (gained - lost) ** 2 / n) / n
    assert stats.paired_interval(10, 4, 100) == pytest.approx(
        ((4.5 - 10.5) / n - half, (4.5 - 10.5) / n + half), abs=1e-6
    )


def test_no_change_at_all_still_has_an_interval() -> None:
    low, high = stats.paired_interval(0, 0, 400)
    assert low == pytest.approx(-high)
    assert 0.004 < high < 0.006


def test_a_drop_everywhere_is_significant_and_its_interval_excludes_nothing() -> None:
    shift = stats.bootstrap({at: [-0.5, -0.5] for at in range(40)})
    assert (shift.mean, shift.low, shift.high) == (-0.5, -0.5, -0.5)
    assert shift.p < 0.001


def test_no_difference_has_p_1() -> None:
    assert stats.bootstrap({"a": [0.0, 0.0], "b": [0.0]}).p == 1.0


@pytest.mark.parametrize("clusters", [1, 2, 4])
def test_few_clusters_are_never_surer_than_a_sign_test_over_them(clusters: int) -> None:
    assert stats.bootstrap({at: [-1.0] * 30 for at in range(clusters)}).p == 0.5**clusters


@given(
    st.dictionaries(
        st.text(max_size=3),
        st.lists(st.sampled_from([-1.0, -0.25, 0.0, 0.5]), min_size=1, max_size=4),
        min_size=1,
        max_size=8,
    )
)
def test_the_bootstrap_does_not_depend_on_the_order_of_clusters(differences: dict[Hashable, list[float]]) -> None:
    turned = dict(reversed(differences.items()))
    assert stats.bootstrap(differences) == stats.bootstrap(turned)


def test_nothing_to_resample_is_an_error() -> None:
    with pytest.raises(ValueError, match="no difference to resample"):
        stats.bootstrap({})


@pytest.mark.parametrize(("n", "losses"), [(400, 8), (100, 6), (5, None)])
def test_the_fewest_losses_that_fail_grow_with_the_questions_and_may_not_exist(n: int, losses: int | None) -> None:
    assert stats.smallest_losses(0, n, 0.05 / 3, 0.02) == losses


def test_the_smallest_visible_shift_is_never_below_the_smallest_that_counts() -> None:
    assert stats.smallest_shift(0.0, 400, 40, 0.05 / 3, 0.02) == 0.02
    assert stats.smallest_shift(0.05, 400, 40, 0.05, 0.02) == pytest.approx(1.644854 * 0.05, abs=1e-6)
    assert stats.smallest_shift(0.0, 20, 20, 0.05 / 3, 0.02) == 6 / 20
    assert stats.smallest_shift(0.0, 300, 5, 0.05 / 3, 0.02) is None
