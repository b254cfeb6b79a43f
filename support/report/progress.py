"""What a person sees while a run is under way: a line per feature, and one per failure.

On a terminal a last line is redrawn with the count, the time and an estimate. Anywhere else every
line is plain and begins with the time in UTC, as those of `execution.log` do.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from support.approval.model import Outcome, Status
from support.approval.words import several
from support.report.formatting import gist, lasting
from support.report.render import for_terminal
from support.report.rows import STATUS_TEXT, shortened

#: So many scenarios have to be over before the rest can be estimated from them.
LEAST_FOR_ESTIMATE = 10
REDRAWN_PER_S = 1.0

_SHAPE: dict[Status, str] = {
    "passed": "\N{HEAVY CHECK MARK}",
    "failed": "\N{HEAVY BALLOT X}",
    "broken": "!",
    "skipped": "\N{EN DASH}",
    "not_run": "?",
}
_STYLE: dict[Status, str] = {
    "passed": "green",
    "failed": "bold red",
    "broken": "bold red",
    "skipped": "dim",
    "not_run": "yellow",
}
_WORST_FIRST: tuple[Status, ...] = ("failed", "broken", "not_run", "skipped", "passed")


class Progress:
    """Shows how far a run is. Scenarios may end in any order, and in any thread.

    `features` is the number of selected scenarios by the path of their feature file; `expected_s`
    how long those scenarios took before, by their ids. Nothing is drawn before `begun`. A process
    that is going to fork does so before: on a terminal a thread redraws.
    """

    def __init__(
        self,
        stream: TextIO,
        features: Mapping[str, int],
        *,
        expected_s: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = Console(
            file=stream,
            force_terminal=stream.isatty(),
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._encoding = stream.encoding or "utf-8"
        self._features = dict(features)
        self._total = sum(features.values())
        self._width = len(str(self._total))
        self._expected_s = expected_s or {}
        self._clock = clock
        self._began = clock()
        self._ended: list[Outcome] = []
        self._open: dict[str, list[Outcome]] = {}
        self._lock = threading.RLock()
        self._live: Live | None = None

    def begun(self) -> None:
        """The first scenario is about to begin."""
        with self._lock:
            self._began = self._clock()
            scenarios, features = several(self._total, "scenario"), len(self._features)
            self._line(f"{scenarios} in {several(features, 'feature')}")
            if self._console.is_terminal and not self._console.is_dumb_terminal:
                self._live = Live(
                    get_renderable=self._state,
                    console=self._console,
                    refresh_per_second=REDRAWN_PER_S,
                    transient=True,
                )
                self._live.start()

    def scenario_ended(self, outcome: Outcome) -> None:
        """A selected scenario is over, or was never begun."""
        with self._lock:
            self._ended.append(outcome)
            ended = self._open.setdefault(outcome.path, [])
            ended.append(outcome)
            if outcome.status in ("failed", "broken"):
                self._failure(outcome)
            if len(ended) >= self._features.get(outcome.path, 0):
                self._feature(self._open.pop(outcome.path))
            if self._live is not None:
                self._live.refresh()

    def note(self, text: str) -> None:
        """Print a line of its own, such as the stage that begins."""
        with self._lock:
            self._line(text)

    def closed(self) -> None:
        """No further scenario ends. Features that are not complete get their line now."""
        with self._lock:
            for ended in self._open.values():
                self._feature(ended)
            self._open.clear()
            if self._live is not None:
                live, self._live = self._live, None
                live.stop()

    def _failure(self, outcome: Outcome) -> None:
        where = f"{outcome.path}:{outcome.line}"
        reason = shortened(gist(outcome.reason))
        text = f"{where} {outcome.name}: {reason}" if reason else f"{where} {outcome.name}"
        self._line(text, outcome.status)

    def _feature(self, ended: list[Outcome]) -> None:
        tally = Counter(outcome.status for outcome in ended)
        tally["not_run"] += max(self._features.get(ended[0].path, 0) - len(ended), 0)
        worst = next(status for status in _WORST_FIRST if tally[status])
        parts = [f"{tally[s]} {STATUS_TEXT[s]}" for s in reversed(_WORST_FIRST) if tally[s]]
        took = lasting(sum(outcome.duration_s for outcome in ended))
        count = f"[{len(self._ended):{self._width}}/{self._total}]"
        self._line(f"{count} {ended[0].feature}: {', '.join(parts)}, {took}", worst)

    def _line(self, text: str, status: Status | None = None) -> None:
        mark = f"{_SHAPE[status]} " if status else ""
        line = Text(self._encodable(f"{mark}{for_terminal(text)}"))
        if status:
            line.stylize(_STYLE[status], 0, len(mark) if status == "passed" else len(line))
        if self._console.is_terminal:
            self._console.print(line, no_wrap=True, overflow="ellipsis")
            return
        stamp = f"{datetime.now(UTC):%H:%M:%SZ} "
        self._console.print(Text(stamp) + line, soft_wrap=True)
        self._console.file.flush()

    def _state(self) -> Text:
        """The line that is redrawn."""
        failed = sum(outcome.status in ("failed", "broken") for outcome in self._ended)
        parts = [
            f"[{len(self._ended)}/{self._total}]",
            f"{lasting(self._clock() - self._began)} elapsed",
        ]
        left_s = self._left_s()
        parts += [f"about {lasting(max(round(left_s), 1))} left"] if left_s else []
        parts += [f"{failed} failed"] if failed else []
        return Text(self._encodable(" · ".join(parts)), style="bold red" if failed else "bold")

    def _left_s(self) -> float | None:
        """An estimate from what is over; None while nobody could know."""
        if len(self._ended) < min(LEAST_FOR_ESTIMATE, self._total):
            return None
        known = list(self._expected_s.values())
        usual_s = sum(known) / len(known) if known else 1.0
        done_s = sum(self._expected_s.get(outcome.id, usual_s) for outcome in self._ended)
        whole_s = sum(known) + max(self._total - len(known), 0) * usual_s
        if not done_s:
            return None
        return max(whole_s - done_s, 0.0) / done_s * (self._clock() - self._began)

    def _encodable(self, text: str) -> str:
        """A terminal without UTF-8 gets the text without the shapes."""
        return text.encode(self._encoding, "replace").decode(self._encoding)
