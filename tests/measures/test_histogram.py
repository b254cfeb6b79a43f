"""Distributions: true to three digits, claimed only when enough samples cover them."""

from __future__ import annotations

import pytest

from support.measures.histogram import Histogram, least_samples


@pytest.mark.parametrize(
    ("share", "least"), [(0.5, 20), (0.95, 200), (0.99, 1000), (0.999, 10_000)]
)
def test_a_percentile_needs_ten_samples_beyond_it(share: float, least: int) -> None:
    assert least_samples(share) == least
    assert Histogram.of([1.0] * (least - 1)).percentile(share) is None
    assert Histogram.of([1.0] * least).percentile(share) == pytest.approx(1.0, rel=0.001)


def test_what_is_beyond_the_range_is_never_lost() -> None:
    found = Histogram.of([0.0, 1e12])
    assert found.count == 2
    assert found.at(1) == pytest.approx(3_600_000, rel=0.001)


def test_it_counts_what_does_not_exceed_a_bound() -> None:
    assert Histogram.of([1, 2, 3, 50, 400]).up_to([1, 2.5, 50, 100]) == [1, 2, 4, 4]
