"""Reports merge in any order to the same sum, and their histograms keep within 0.1 %."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from support.journal.shard_report import (
    ShardReport,
    bucket_us,
    merge_all,
    merged,
    quantile_ms,
    since,
)

COUNTS = st.integers(0, 10**9)
TABLES = st.dictionaries(st.integers(1, 10**9), st.integers(1, 1000), max_size=5)
NAMES = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 9), max_size=3)
REPORTS = st.builds(
    ShardReport,
    users=COUNTS,
    asked=COUNTS,
    events=NAMES,
    closes=NAMES,
    response_us=TABLES,
    event_us=TABLES,
    due=COUNTS,
    busiest_cpu=st.floats(0, 1),
)


@given(REPORTS, REPORTS, REPORTS)
def test_merging_is_associative_and_commutative(
    a: ShardReport, b: ShardReport, c: ShardReport
) -> None:
    assert merged(a, b) == merged(b, a)
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert merge_all([a, b, c]) == merge_all([c, a, b])


@given(REPORTS)
def test_an_empty_report_changes_nothing(report: ShardReport) -> None:
    assert merged(report, ShardReport()) == merged(ShardReport(), report)
    assert sum(merged(report, ShardReport()).response_us.values()) == sum(
        report.response_us.values()
    )


@given(st.floats(1e-6, 3600))
def test_a_duration_is_counted_within_a_tenth_of_a_percent(duration_s: float) -> None:
    exact = duration_s * 1e6
    assert exact * 0.999 - 1 <= bucket_us(duration_s) <= max(exact, 1)
    assert len({bucket_us(duration_s + n * 1e-9) for n in range(100)}) <= 2


@given(TABLES, TABLES)
def test_a_quantile_is_a_duration_that_was_seen(one: dict[int, int], other: dict[int, int]) -> None:
    both = merged(ShardReport(response_us=one), ShardReport(response_us=other)).response_us
    for share in (0.5, 0.95, 1.0):
        value = quantile_ms(both, share)
        assert (value is None) is (not both)
        if value is not None:
            below = sum(n for us, n in both.items() if us <= value * 1000 + 0.5)
            assert below >= share * sum(both.values())


@given(REPORTS, REPORTS)
def test_what_was_added_gives_with_what_was_before_the_whole_again(
    before: ShardReport, added: ShardReport
) -> None:
    now = merged(before, added)
    assert merged(before, since(now, before)) == now
