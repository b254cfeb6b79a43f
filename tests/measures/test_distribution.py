"""Distributions: true to three digits, mergeable, kept as text, claimed only when covered."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from support.measures.distribution import Distribution, least_samples

values = st.lists(st.floats(0.01, 10_000), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("share", "least"), [(0.5, 20), (0.95, 200), (0.99, 1000), (0.999, 10_000)]
)
def test_a_percentile_needs_ten_samples_beyond_it(share: float, least: int) -> None:
    assert least_samples(share) == least
    assert Distribution.of([1.0] * (least - 1)).percentile(share) is None
    assert Distribution.of([1.0] * least).percentile(share) == pytest.approx(1.0, rel=0.001)


def test_nothing_recorded_has_no_figures() -> None:
    empty = Distribution()
    assert (empty.count, empty.average_ms, empty.longest_ms) == (0, None, None)


def test_what_is_beyond_the_range_is_never_lost() -> None:
    found = Distribution.of([0.0, 1e12])
    assert found.count == 2
    assert found.longest_ms == pytest.approx(3_600_000, rel=0.001)


@settings(max_examples=20)
@given(values, values)
def test_two_merged_are_as_one_recorded_at_once(some: list[float], others: list[float]) -> None:
    merged, whole = Distribution.of(some), Distribution.of([*some, *others])
    merged.merge(Distribution.of(others))
    assert merged.count == whole.count
    assert [merged.at(q) for q in (0.1, 0.5, 0.9, 1)] == [whole.at(q) for q in (0.1, 0.5, 0.9, 1)]
    assert merged.average_ms == pytest.approx(whole.average_ms)


@settings(max_examples=20)
@given(values)
def test_what_was_kept_as_text_is_the_same_again(some: list[float]) -> None:
    made = Distribution.of(some)
    again = Distribution.decode(made.encode(), made.total_ms)
    again.merge(made)
    assert again.count == 2 * made.count
    assert (again.at(0.5), again.average_ms) == (made.at(0.5), pytest.approx(made.average_ms))


def test_it_counts_what_does_not_exceed_a_bound() -> None:
    assert Distribution.of([1, 2, 3, 50, 400]).up_to([1, 2.5, 50, 100]) == [1, 2, 4, 4]
