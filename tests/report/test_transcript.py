"""A conversation as a person reads it."""

from __future__ import annotations

from typing import Any

import pytest

from support.journal import facts, records
from support.report.transcript import AROUND, GUILTY, MOST_CHARACTERS, MOST_LINES, transcript

WHO: dict[str, Any] = {"connection": "c1", "user": "s07/Alice"}


def frame(
    t: float, *said: facts.AnyFact, direction: str = "received", **more: Any
) -> records.Frame:
    given: dict[str, Any] = {
        "t": t,
        "direction": direction,
        "size": 10,
        "text": "",
        "facts": said,
        **WHO,
        **more,
    }
    return records.Frame(**given)


def test_a_conversation_reads_from_top_to_bottom() -> None:
    asked = '{"type": "ask", "message": "What is the weather?", "id": "q1"}'
    story: list[records.Record] = [
        records.ScenarioStarted(t=10.0, name="Alice talks", category="functional"),
        records.SignedIn(t=10.001, user="s07/Alice", ok=True, way="password"),
        records.Connecting(t=10.002, **WHO),
        records.Connected(t=10.014, took_ms=12.0, **WHO),
        frame(10.02, facts.Asked(request_id="q1"), direction="sent", text=asked),
        frame(10.03, facts.Event(type="agent_started", run_id="r-1", position=1)),
        frame(10.04, facts.Event(type="agent_completed", run_id="r-1", data={"answer": "Sunny"})),
        records.Fence(t=10.05, held=True, took_ms=3.0, **WHO),
        records.Closed(t=11.5, by="user", code=1000, **WHO),
        records.ScenarioEnded(t=11.6, status="passed"),
    ]
    assert transcript(story).splitlines() == [
        "0.000         · scenario started: Alice talks",
        "0.001  Alice  · Alice is signed in (password)",
        "0.002  Alice  → Alice connects",
        "0.014  Alice  ← Alice's connection is established in 12 ms",
        "0.020  Alice  → asks (request q1): What is the weather?",
        "0.030  Alice  ← agent_started  run r-1  no. 1",
        "0.040  Alice  ← agent_completed  run r-1  answer: Sunny",
        "0.050  Alice  · everything sent to Alice before this has arrived (checked in 3 ms)",
        "1.500  Alice  → Alice disconnects (code 1000)",
        "1.600         · scenario ended: passed",
    ]


def test_an_http_status_is_told_once() -> None:
    refused = records.Refused(t=0, how="http", status=403, detail="HTTP 403", **WHO)
    assert transcript([refused]).count("HTTP 403") == 1


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (
            records.Refused(t=0, how="http", status=403, **WHO),
            "× Alice's connection is refused with HTTP 403",
        ),
        (
            records.Heartbeat(t=0, level="protocol", answered=False, **WHO),
            "a ping from Alice is never",
        ),
        (
            records.Refused(t=0, how="close", status=4401, agreed=True, **WHO),
            "accepted and closed again (code 4401) (as the dialect specifies)",
        ),
        (records.Refused(t=0, how="timeout", **WHO), "Alice's connection is not answered in time"),
        (records.Closed(t=0, by="fault", **WHO), "Alice's connection is cut, as planned"),
        (
            records.Closed(t=0, by="network", **WHO),
            "Alice's connection is lost without a close frame",
        ),
        (
            records.Closed(t=0, by="target", code=4401, **WHO),
            "← the service closes Alice's connection (code 4401)",
        ),
        (records.Fault(t=0, name="cut", **WHO), "× Alice's connection is cut"),
        (records.Fault(t=0, name="half_open", **WHO), "fault “half open” on Alice's connection"),
        (records.Fence(t=0, held=False, **WHO), "it is unknown whether everything sent to Alice"),
        (
            records.WaitTimedOut(t=0, user="s1/Bob", waited_for="agent_completed", limit_s=5.0),
            "Bob gave up waiting for agent_completed after 5 s",
        ),
        (
            records.SignedIn(t=0, user="s1/Bob", ok=False, way="password", detail="401"),
            "Bob could not sign in (password): 401",
        ),
        (
            records.Connecting(t=0, expect="refused", means="an expired token", **WHO),
            "→ Alice connects with an expired token (must be refused)",
        ),
        (
            records.Health(t=0, http=None, detail="no route"),
            "the health endpoint did not answer: no route",
        ),
        (
            records.HarnessError(t=0, what="loop stalled"),
            "error in the test suite: loop stalled",
        ),
        (
            frame(0, facts.Subscribed(recovered=True, first=3, last=9, count=7)),
            "resumes with 7 missed events, no. 3 to 9",
        ),
        (
            frame(0, facts.Subscribed(recovered=True, first=5, last=5, count=1)),
            "resumes with 1 missed event, no. 5",
        ),
        (
            frame(0, facts.Subscribed(recovered=False, reason="too old")),
            "missed events are gone: too old",
        ),
        (
            frame(0, facts.Rejected(code="busy", message="try later")),
            "rejected: busy: try later",
        ),
        (
            frame(0, facts.Closing(reason="deploy", retry_after_s=2.0)),
            "announces its shutdown (deploy), retry after 2 s",
        ),
        (
            frame(0, facts.Event(type="agent_thinking", problems=("no timestamp",))),
            "[invalid: no timestamp]",
        ),
        (
            frame(
                0, facts.Event(type="agent_thinking"), mentions=("canary:s07/Bob", "user:s07/Alice")
            ),
            "[contains a secret of Bob]",
        ),
        (frame(0, text="hello"), "← hello"),
    ],
)
def test_every_happening_has_plain_words(record: records.Record, words: str) -> None:
    assert words in transcript([record])


def test_pings_in_a_row_are_one_line() -> None:
    pings = [
        one
        for t in range(50)
        for one in (
            frame(t, facts.Pinged(nonce=str(t)), direction="sent"),
            frame(t + 0.1, facts.Pong(nonce=str(t))),
        )
    ]
    text = transcript([*pings, frame(60, facts.Event(type="agent_started"))])
    assert text.count("\n") == 2
    assert "100 pings and pongs within 49.1 s" in text


def test_a_long_conversation_is_folded_in_its_middle() -> None:
    events = [frame(t, facts.Event(type="agent_thinking", position=t)) for t in range(1000)]
    lines = transcript(events).splitlines()
    assert len(lines) == MOST_LINES + 1
    assert "760 lines omitted" in lines[MOST_LINES // 2]
    assert "no. 0" in lines[0]
    assert lines[-1].endswith("no. 999")


def test_long_and_hostile_text_stays_on_one_bounded_line() -> None:
    text = "a\n\x1b[2Jb" + "x" * 5000
    line = transcript([frame(0, text=text)])
    assert line.count("\n") == 1
    assert "\x1b" not in line
    assert len(line) < MOST_CHARACTERS + 60


def test_nothing_happened_is_said() -> None:
    assert transcript([]) == "Nothing happened.\n"
    assert transcript([records.Sample(t=0, name="loop_lag_ms", value=1.0)]) == (
        "No messages were exchanged.\n"
    )


def test_a_guilty_line_in_the_middle_of_a_long_conversation_is_shown() -> None:
    events = [
        frame(n, facts.Event(type="agent_thinking", position=n), seq=n) for n in range(1, 1001)
    ]
    guilty = events[499].seq
    lines = transcript(events, guilty={guilty: ""}).splitlines()
    [marked] = [line for line in lines if line.startswith(GUILTY)]
    assert marked.endswith("no. 500")
    assert sum("lines omitted" in line for line in lines) == 2
    assert len(lines) == MOST_LINES + 2 * AROUND + 1 + 2
