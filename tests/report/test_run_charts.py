"""The pictures of a whole run: true to the journal, true to the verdict, silent about nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from histories import ALICE, BOB, WALL, Tape
from hypothesis import given
from hypothesis import strategies as st
from report_samples import outcome

from support.approval.model import CriterionResult, State
from support.config import Policy
from support.journal import facts, records
from support.measures.figures import Figures, figures
from support.report.charts import Chart, album, run_charts
from support.report.charts.course import course_picture
from support.report.charts.dashboard import dashboard
from support.report.charts.delivery import delivery_of, delivery_picture
from support.report.charts.durations import durations_picture
from support.report.charts.isolation import isolation_of, isolation_picture
from support.report.charts.latency import latency_picture
from support.report.charts.recovery import recovery_picture
from support.report.charts.style import spread, steps

SVG = "{http://www.w3.org/2000/svg}"
POLICY = Policy()


def words(svg: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def measured(tape: Tape) -> Callable[[], Figures]:
    return lambda: figures(tape.history, WALL)


def criterion(name: str, state: State, measured: str, limit: str, samples: int) -> CriterionResult:
    return CriterionResult(
        name=name, title=name, state=state, measured=measured, limit=limit, samples=samples
    )


@pytest.fixture
def busy() -> Tape:
    """Enough runs for an average and a 95th percentile, each event a few milliseconds old."""
    tape = Tape()
    tape.opened()
    tape.starts("Two people chat", category="integration")
    for user in (ALICE, BOB):
        tape.comes(user)
        tape.ping(user)
        tape.add(records.Fence, connection=tape.newest(user), user=user, held=True, took_ms=2.0)
    for number in range(30):
        for user in (ALICE, BOB):
            tape.run(user, f"q{number}", f"r-{user}-{number}")
    return tape


def test_everything_is_drawn_from_one_journal_and_is_well_formed(busy: Tape) -> None:
    pictures = run_charts(busy.history, measured(busy), POLICY, ())
    names = ["performance", "latency", "events", "isolation", "course"]
    assert [p.name for p in pictures] == names
    for picture in pictures:
        root = ElementTree.fromstring(picture.svg)
        assert root.findtext(f"{SVG}title")
        assert root.findtext(f"{SVG}desc")
        assert len(picture.svg) < 60_000


def test_nothing_seen_makes_no_picture() -> None:
    tape = Tape()
    tape.opened()
    tape.starts()
    for nothing in (Tape(), tape):
        assert run_charts(nothing.history, measured(nothing), POLICY, ()) == []


def test_a_picture_that_cannot_be_drawn_says_so_and_the_others_stand(
    busy: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError("<no>")

    monkeypatch.setattr(album, "isolation_picture", broken)
    pictures = {p.name: p for p in run_charts(busy.history, measured(busy), POLICY, ())}
    assert words(pictures["isolation"].svg) == [
        "This picture could not be drawn: ZeroDivisionError."
    ]
    assert isinstance(pictures["latency"], Chart)
    assert len(pictures) == 5


def test_percentiles_stand_beside_their_limits_and_too_few_samples_are_not_claimed(
    busy: Tape,
) -> None:
    said = words(latency_picture(measured(busy)(), POLICY))
    assert any(line.startswith("average ") and "(limit 100 ms)" in line for line in said)
    assert any(line.startswith("p95 ") for line in said)
    assert "p99: not measured, 300 events are too few (1,000 needed)" in said
    assert any("300 events in normal service" in line for line in said)
    assert "Under injected faults, outages or load: no limit applies" not in said


def test_figures_under_faults_stand_apart(busy: Tape) -> None:
    busy.scenario = "s02"
    busy.starts("A cut")
    busy.comes("s02/Carol")
    busy.run("s02/Carol", run="r-carol")
    busy.cut("s02/Carol")
    said = words(latency_picture(measured(busy)(), POLICY))
    assert "Under injected faults, outages or load: no limit applies" in said
    assert any("300 events in normal service" in line for line in said)


def test_without_clocks_to_compare_there_is_no_latency_picture() -> None:
    tape = Tape()
    tape.starts()
    tape.comes(ALICE)
    tape.run(ALICE)
    assert latency_picture(measured(tape)(), POLICY) == ""


def test_of_each_type_what_was_seen_stands_against_what_was_owed(busy: Tape) -> None:
    asked = 60
    delivery = delivery_of(busy.history)
    assert (delivery.asked, delivery.ended) == (asked, asked)
    assert set(delivery.types.values()) == {(asked, asked)}
    assert f"{asked} of {asked}" in words(delivery_picture(busy.history, POLICY))


def test_events_that_never_came_are_missing() -> None:
    tape = Tape()
    tape.starts()
    tape.comes(ALICE)
    tape.asks(ALICE)
    tape.event(ALICE, facts.Event(type=facts.STARTED, run_id="r-1"))
    executing = {"call_id": "c1", "tool": "t"}
    tape.event(ALICE, facts.Event(type=facts.TOOL_EXECUTING, run_id="r-1", data=executing))
    delivery = delivery_of(tape.history)
    assert delivery.ended == 0
    assert delivery.types == {
        facts.STARTED: (1, 1),
        facts.THINKING: (0, 1),
        facts.TOOL_EXECUTING: (1, 1),
        facts.TOOL_COMPLETED: (0, 1),
        facts.COMPLETED: (0, 1),
    }
    assert "none received, 1 expected" in words(delivery_picture(tape.history, POLICY))


def test_a_failed_run_owes_its_failure_and_a_cancelled_one_only_its_end() -> None:
    tape = Tape()
    tape.starts()
    tape.comes(ALICE)
    tape.run(ALICE, end=facts.FAILED)
    tape.asks(ALICE, "q2", "r-2")
    tape.event(ALICE, facts.Event(type=facts.STARTED, run_id="r-2"))
    end = {"status": "cancelled"}
    tape.event(ALICE, facts.Event(type=facts.COMPLETED, run_id="r-2", data=end))
    delivery = delivery_of(tape.history)
    assert delivery.ended == delivery.asked == 2
    assert all(seen == owed for seen, owed in delivery.types.values())


def test_who_was_looked_at_and_that_nothing_leaked(busy: Tape) -> None:
    (found,) = isolation_of(busy.history).examined.values()
    assert (found.people, found.connections, found.fences, found.leaked) == (2, 2, 2, 0)
    said = words(isolation_picture(busy.history))
    assert "Message delivery & journeys" in said
    assert any(line.endswith("messages checked: no leak.") for line in said)


def test_leaks_are_counted_and_it_is_told_who_saw_whose(busy: Tape) -> None:
    busy.hears(BOB, facts.Ignored(), mentions=(f"canary:{ALICE}",))
    busy.hears(BOB, facts.Ignored(), mentions=("canary:s99/Alice",))
    said = words(isolation_picture(busy.history))
    assert any("2 leaked" in line for line in said)
    assert "Bob received data of Alice: 1 message" in said
    assert "Bob received data of Alice of another scenario: 1 message" in said


def test_a_message_with_several_findings_is_one_leak(busy: Tape) -> None:
    busy.hears(BOB, facts.Ignored(), mentions=(f"canary:{ALICE}", f"user:{ALICE}"))
    assert isolation_of(busy.history).pairs == {"Bob received data of Alice": 1}
    assert "Bob received data of Alice: 1 message" in words(isolation_picture(busy.history))


def test_a_leak_in_the_only_scenario_is_drawn_even_if_that_was_cut_short(busy: Tape) -> None:
    nothing = Tape()
    assert run_charts(nothing.history, measured(nothing), POLICY, (), None, (), busy.history) == []
    busy.hears(BOB, facts.Ignored(), mentions=(f"canary:{ALICE}",))
    charts = run_charts(nothing.history, measured(nothing), POLICY, (), None, (), busy.history)
    assert [chart.name for chart in charts] == ["isolation"]
    said = words(charts[0].svg)
    assert "1 leaked, in scenarios that were cut short; no other was checked." in said
    assert "Bob received data of Alice: 1 message" in said


def test_the_dashboard_speaks_in_the_words_of_the_verdict(busy: Tape) -> None:
    judged = [
        criterion("average_latency", "fail", "212.0 ms ± 0.1", "≤ 100 ms", 300),
        criterion("p99_latency", "no_evidence", "not measured", "≤ 1000 ms", 300),
    ]
    said = words(dashboard(measured(busy)(), POLICY, judged))
    assert "212.0 ms ± 0.1: not met" in said
    assert "only 300 samples" in said
    assert "limit ≤ 100 ms" in said
    assert [text for text in said if text.endswith(" kB received")]
    assert said.count("not measured") >= 2, "memory and lag were not measured, and it is said"


@given(
    places=st.lists(st.floats(0, 800), max_size=20).map(sorted),
)
def test_numbers_keep_apart_and_within_the_picture(places: list[float]) -> None:
    spaced = spread(places, 18, 800)
    assert all(b - a >= 18 - 1e-6 for a, b in pairwise(spaced))
    assert all(place <= 800 for place in spaced)


@given(first=st.floats(0, 1e5), reach=st.floats(1e-6, 1e5))
def test_an_axis_has_few_round_numbers_within_its_range(first: float, reach: float) -> None:
    ticks = steps(first, first + reach)
    assert len(ticks) <= 9
    assert all(first - 1e-6 <= tick <= first + reach + 1e-6 for tick in ticks)


def test_the_run_over_time_shows_latency_with_its_limit_answers_and_memory(busy: Tape) -> None:
    for at, size in ((1.0, 50e6), (2.0, 57.5e6)):
        busy.add(records.Sample, name="target_memory_bytes", value=size, t=at)
    told = words(course_picture(busy.history, busy.history, measured(busy)(), POLICY))
    assert "Event latency: median (dark) and slowest, p95 limit 500 ms" in told
    assert f"Answers: {measured(busy)().normal.answers_per_s:,} in the busiest second" in told
    assert "Memory: grew by 7.5 MB at most" in told


def test_recovery_times_stand_beside_their_limit() -> None:
    tape = Tape()
    tape.opened()
    tape.starts()
    tape.comes(ALICE)
    tape.run(ALICE)
    assert recovery_picture(figures(tape.history, WALL), POLICY) == ""
    tape.cut(ALICE)
    tape.connects(ALICE)
    tape.resumes(ALICE, after=tape.stream[ALICE])
    told = words(recovery_picture(figures(tape.history, WALL), POLICY))
    assert any("1 of 1 recovered completely" in text for text in told)
    assert "limit 5 s" in told


def test_the_slowest_scenarios_are_named_and_counted() -> None:
    given = [outcome(id=f"{n}", name=f"Scenario {n}", duration_s=float(n)) for n in range(20)]
    told = words(durations_picture(given))
    assert "Scenario 19" in told
    assert "Scenario 3" not in told
    assert any("the slowest 12 of 19 scenarios" in text for text in told)
    assert durations_picture([]) == ""
