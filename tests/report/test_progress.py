"""What a person sees while a run is under way."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import threading

import pytest

from support.approval import Outcome
from support.report.progress import Progress

STAMP = re.compile(r"^\d\d:\d\d:\d\dZ ")


class Clock:
    """A clock that stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def ended(
    name: str, status: str = "passed", *, path: str = "features/a.feature", **more
) -> Outcome:
    given = {"id": name, "feature": "Chatting", "line": 3, "category": "functional"}
    return Outcome(**given | {"name": name, "path": path, "status": status} | more)


def plain(outcomes, features, **more) -> list[str]:
    stream = io.StringIO()
    progress = Progress(stream, features, **more)
    progress.begun()
    for outcome in outcomes:
        progress.scenario_ended(outcome)
    progress.closed()
    return stream.getvalue().splitlines()


def test_elsewhere_than_on_a_terminal_lines_are_plain_and_have_the_time():
    lines = plain([ended("One"), ended("Two")], {"features/a.feature": 2})
    assert all(STAMP.match(line) for line in lines)
    assert [STAMP.sub("", line) for line in lines] == [
        "2 scenarios in 1 feature",
        "✔ [2/2] Chatting: 2 passed, 0.0 s",
    ]


def test_a_failure_is_one_line_at_once_with_its_place_and_what_was_seen():
    reason = "Then it works\nExpected: whole runs\n     but: 2 of 3 were whole\nmore"
    lines = plain([ended("Bad", "failed", reason=reason)], {"features/a.feature": 9})
    assert STAMP.sub("", lines[1]) == (
        "✘ features/a.feature:3 Bad: Then it works – but: 2 of 3 were whole"
    )


def test_features_may_be_interleaved_and_each_has_one_line():
    other = "features/b.feature"
    outcomes = [
        ended("One", duration_s=1.0),
        ended("Two", path=other, feature="Leaving", status="skipped"),
        ended("Three", duration_s=2.5),
    ]
    lines = plain(outcomes, {"features/a.feature": 2, other: 1})
    assert [STAMP.sub("", line) for line in lines[1:]] == [
        "– [2/3] Leaving: 1 skipped, 0.0 s",
        "✔ [3/3] Chatting: 2 passed, 3.5 s",
    ]


def test_what_was_not_run_is_counted_in_the_end():
    lines = plain([ended("One")], {"features/a.feature": 3, "features/b.feature": 1})
    assert STAMP.sub("", lines[-1]) == "? [1/4] Chatting: 1 passed, 2 not run, 0.0 s"


def test_what_the_end_of_the_run_has_hit_and_what_was_never_begun_are_one_count() -> None:
    cut = [ended("One"), ended("Two", status="not_run")]
    lines = plain(cut, {"features/a.feature": 3, "features/b.feature": 1})
    assert STAMP.sub("", lines[-1]) == "? [2/4] Chatting: 1 passed, 2 not run, 0.0 s"


def test_no_secret_and_no_control_sequence_gets_out():
    reason = "refused: Bearer abcdefgh12345678\x1b[31m red"
    lines = plain([ended("Bad", "failed", reason=reason)], {"features/a.feature": 9})
    assert "abcdefgh12345678" not in "".join(lines)
    assert "\x1b" not in "".join(lines)


def test_a_stream_that_knows_no_shapes_gets_the_words():
    raw = io.BytesIO()
    progress = Progress(io.TextIOWrapper(raw, encoding="ascii"), {"features/a.feature": 1})
    progress.begun()
    progress.scenario_ended(ended("One"))
    progress.closed()
    assert b"? [1/1] Chatting: 1 passed" in raw.getvalue()


@pytest.fixture
def terminal(monkeypatch):
    """A real terminal: the stream to write to, and what was written, which closes it."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    ours, theirs = pty.openpty()
    heard = bytearray()

    def listen() -> None:  # until the other side is closed, which is an error on a terminal
        with contextlib.suppress(OSError):
            while chunk := os.read(ours, 65536):
                heard.extend(chunk)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()

    def written() -> str:
        stream.close()
        listener.join(20)
        assert not listener.is_alive()
        return heard.decode()

    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        yield stream, written
    os.close(ours)


def test_on_a_terminal_the_last_line_is_redrawn_with_count_time_and_estimate(terminal):
    stream, written = terminal
    clock = Clock()
    many = [ended(f"Nr {n}") for n in range(10)]
    usual = {**{outcome.id: 1.0 for outcome in many}, "slow": 20.0}
    features = {"features/a.feature": 10, "features/b.feature": 1}
    progress = Progress(stream, features, expected_s=usual, clock=clock)
    progress.begun()
    clock.now += 5.0
    for outcome in many:
        progress.scenario_ended(outcome)
    progress.note("Stage 2 of 4")
    progress.closed()
    shown = written()
    assert "[10/11] · 5.0 s elapsed · about 10 s left" in shown
    assert "Stage 2 of 4" in shown
    assert "✔" in shown
    assert not STAMP.search(shown)


def test_what_is_printed_meanwhile_stands_above_the_line_that_is_redrawn(terminal, capsys):
    stream, written = terminal
    progress = Progress(stream, {"features/a.feature": 2})
    progress.begun()
    progress.scenario_ended(ended("Bad", "failed", reason="x" * 300))
    progress.closed()
    line = next(found for found in written().splitlines() if "features/a.feature:3" in found)
    assert len(re.sub(r"\x1b\[[\d;?]*[a-zA-Z]|\r", "", line)) <= 80
