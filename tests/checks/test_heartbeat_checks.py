"""Are pings answered? Each, at both levels, in time, and while the agent is at work."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from histories import ALICE, BOB, Tape, whole_run

from support.checks.heartbeat import (
    dead_connection_noticed,
    idle_connection_survives,
    pings_answered,
    unresponsive_client_dropped,
)
from support.journal import facts, records


def at_work(*levels: str, after: tuple[str, ...] = (), **ping: object) -> Tape:
    """Alice checks the line at these levels during a run, and at those after it."""
    tape = Tape()
    tape.comes(ALICE)
    tape.asks(ALICE)
    run = whole_run()
    for event in run[:-1]:
        tape.event(ALICE, event)
    for level in levels:
        tape.heartbeat(ALICE, level, **ping)
    tape.event(ALICE, run[-1])
    for level in after:
        tape.heartbeat(ALICE, level)
    return tape


def answered(tape: Tape, at_least: int = 2) -> tuple[str, str]:
    finding = pings_answered(ALICE, 1000.0, 0.25, at_least)(tape.history)
    return finding.state, finding.summary


def test_pings_of_both_levels_answered_during_a_run_pass() -> None:
    assert answered(at_work("application", "protocol")) == (
        "passed",
        "2 pings, 2 during the run, worst 1 ms",
    )


@pytest.mark.parametrize("level", ["application", "protocol"])
def test_one_level_alone_proves_nothing(level: str) -> None:
    assert answered(at_work(level, level))[0] == "unknown"


def test_fewer_pings_than_asked_for_prove_nothing() -> None:
    assert answered(at_work("application", "protocol"), at_least=3)[0] == "unknown"


def test_pings_of_somebody_else_prove_nothing() -> None:
    tape = at_work()
    tape.comes(BOB)
    tape.heartbeat(BOB, "application")
    tape.heartbeat(BOB, "protocol")
    assert answered(tape) == ("unknown", "only 0 pings, of no level")


def test_a_ping_without_an_answer_fails() -> None:
    tape = at_work("application", "protocol")
    tape.heartbeat(ALICE, "protocol", answered=False)
    assert answered(tape) == ("failed", "1 of 3 pings were not answered (protocol level)")


def test_an_answer_that_comes_late_fails() -> None:
    state, told = answered(at_work("application", "protocol", took_ms=1250.0))
    assert state == "failed"
    assert "2 of 2 answers (application, protocol level) were late, up to 1250 ms" in told


def test_answers_that_come_late_fail_however_few_there_are() -> None:
    late = at_work("application", took_ms=1250.0)
    assert answered(late, at_least=20)[0] == "failed"


@pytest.mark.parametrize(("took_ms", "state"), [(250.0, "passed"), (251.0, "failed")])
def test_during_a_run_pings_are_answered_in_a_stated_time(took_ms: float, state: str) -> None:
    assert answered(at_work("application", "protocol", took_ms=took_ms))[0] == state


@pytest.mark.parametrize(("late", "state"), [(1, "passed"), (2, "failed")])
def test_one_ping_in_twenty_may_be_late(late: int, state: str) -> None:
    tape = at_work(*["application", "protocol"] * (20 - late))
    for _ in range(late):
        tape.heartbeat(ALICE, "protocol", took_ms=900.0, t=0.01)
        tape.heartbeat(ALICE, "application", took_ms=1.0, t=0.01)
    assert answered(tape)[0] == state


def test_what_our_own_lateness_may_have_caused_is_unknown() -> None:
    tape = at_work("application", "protocol", took_ms=400.0)
    tape.add(records.Sample, name="loop_lag_ms", value=300.0)
    assert answered(tape)[0] == "unknown"


def test_pings_sent_only_after_the_run_show_nothing_about_it() -> None:
    tape = at_work(after=("application", "protocol"))
    assert answered(tape)[0] == "unknown"


def test_pings_that_wait_for_the_end_of_the_run_fail() -> None:
    tape = at_work(after=("application", "protocol"))
    for level in ("application", "protocol"):
        tape.heartbeat(ALICE, level, took_ms=800.0, t=0.01)
    assert answered(tape)[0] == "failed"


@pytest.mark.parametrize("slow", ["application", "protocol"])
def test_a_level_that_waits_is_not_made_up_for_by_the_other(slow: str) -> None:
    quick = "protocol" if slow == "application" else "application"
    tape = at_work(quick, quick, after=(slow, quick))
    tape.heartbeat(ALICE, slow, took_ms=800.0, t=0.01)
    state, told = answered(tape)
    assert state == "failed"
    assert f"({slow} level) were late" in told


def test_without_the_end_of_a_run_nobody_knows_what_was_during_it() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.heartbeat(ALICE, "application")
    tape.heartbeat(ALICE, "protocol")
    assert answered(tape) == ("unknown", "no run came to its end")


# --- dead lines, hung apps, quiet conversations


def gone_silent(
    *, answered: bool = True, noticed_s: float | None = 2.4, fault: bool = True
) -> Tape:
    """The line falls silent, and Alice's app notices after so many seconds (None: never)."""
    tape = Tape()
    tape.comes(ALICE)
    if answered:
        tape.heartbeat(ALICE, "protocol")
    if fault:
        tape.add(records.Fault, name="silence", connection=tape.newest(ALICE), user=ALICE)
    if noticed_s is not None:
        tape.at += noticed_s
        tape.add(
            records.DeadConnectionNoticed,
            connection=tape.newest(ALICE),
            user=ALICE,
            silent_s=noticed_s,
        )
    return tape


@pytest.mark.parametrize(
    ("tape", "state"),
    [
        (gone_silent(), "passed"),
        (gone_silent(noticed_s=2.6), "failed"),
        (gone_silent(noticed_s=None), "failed"),
        (gone_silent(fault=False), "failed"),
        (gone_silent(fault=False, noticed_s=None), "unknown"),
        (gone_silent(answered=False), "unknown"),
    ],
    ids=["noticed", "late", "unnoticed", "false alarm", "no silence", "dead before"],
)
def test_a_dead_line_is_noticed_within_two_heartbeats(tape: Tape, state: str) -> None:
    assert dead_connection_noticed(ALICE, 1.0, 0.5)(tape.history).state == state


def hung(after_s: float | None = 2.5, **how: object) -> Tape:
    """Alice's app answers nothing any more; its connection ends after so many seconds."""
    tape = Tape()
    tape.comes(ALICE)
    tape.add(records.Fault, name="mute", connection=tape.newest(ALICE), user=ALICE)
    if after_s is not None:
        tape.at += after_s
        tape.ends(ALICE, **{"by": "target", "code": 4408, **how})
    return tape


@pytest.mark.parametrize(
    ("tape", "state"),
    [
        (hung(), "passed"),
        (hung(after_s=1.0), "passed"),
        (hung(after_s=0.9), "failed"),
        (hung(after_s=0.0), "failed"),
        (hung(after_s=3.45), "passed"),
        (hung(after_s=3.55), "failed"),
        (hung(after_s=None), "failed"),
        (hung(code=1011), "failed"),
        (hung(by="network", code=None), "failed"),
        (gone_silent(), "unknown"),
    ],
    ids=[
        "disconnected",
        "just not early",
        "early",
        "at once",
        "in time",
        "late",
        "held",
        "another code",
        "broken off",
        "nobody hung",
    ],
)
def test_a_hung_app_is_disconnected_as_documented(tape: Tape, state: str) -> None:
    assert unresponsive_client_dropped(ALICE, 1.0, 0.5)(tape.history).state == state


def quiet(
    quiet_s: float = 10.0,
    *,
    cut: bool = True,
    lost: bool = False,
    before: bool = False,
    hears: Sequence[facts.Fact] | None = None,
) -> Tape:
    """Alice says nothing for a while, and asks then (or did so before)."""
    tape = Tape()
    tape.comes(ALICE)
    if cut:
        tape.add(records.Fault, name="idle_timeout", connection="another", user=BOB)
    if before:
        tape.run(ALICE)
    for _ in range(10):
        tape.at += quiet_s / 10
        if hears is not None:
            tape.hears(ALICE, *hears)
            tape.says(ALICE, facts.ProtocolMessage(what="reply"))
    if lost:
        tape.ends(ALICE, by="network", code=None)
    elif before:
        tape.asks(ALICE, "q2", run=None)
    else:
        tape.run(ALICE)
    return tape


@pytest.mark.parametrize(
    ("tape", "state"),
    [
        (quiet(), "passed"),
        (quiet(5.0), "unknown"),
        (quiet(hears=[facts.Ignored(type="keepalive")]), "passed"),
        (quiet(hears=[]), "passed"),
        (quiet(hears=[facts.Announcement()]), "unknown"),
        (quiet(cut=False), "unknown"),
        (quiet(lost=True), "failed"),
        (quiet(before=True), "failed"),
        (Tape(), "unknown"),
    ],
    ids=[
        *("outlived", "not quiet", "keepalives", "keepalives read as nothing", "announcements"),
        *("nothing cut", "lost", "answered before only", "nobody"),
    ],
)
def test_a_quiet_conversation_outlives_a_load_balancer(tape: Tape, state: str) -> None:
    assert idle_connection_survives(ALICE, 10.0)(tape.history).state == state
