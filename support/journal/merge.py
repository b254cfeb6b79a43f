"""Several journals of one run, made into one.

Workers of a run keep a journal each, with the same zero of time and other scenarios. Of each, the
order of its records is kept; between them, time decides. Lines are copied, not parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from pathlib import Path
from typing import BinaryIO, NamedTuple

from support.journal import records
from support.journal.journal import MAX_BYTES, JournalError

#: Every record ends so: its fields first, then what all records have.
_END = re.compile(rb'"t": ?(-?[0-9.eE+-]+)(, ?"seq": ?[0-9]+)(?:, ?"scenario": ?"([^"]*)")?\}\n$')
_KIND = re.compile(rb'\{"kind": ?"(\w+)"')


class _Line(NamedTuple):
    t: float
    part: int
    number: int
    text: bytes
    end: re.Match[bytes]

    @property
    def kind(self) -> bytes:
        found = _KIND.match(self.text)
        return found[1] if found else b""


def merge_journals(parts: Sequence[Path], into: Path) -> None:
    """Write the records of all `parts` to `into`, numbered anew; the parts are removed.

    There is one head, that of the first part. A scenario that has begun and never ended (its
    worker died) is marked as cut short. A torn last line is left out. Raises `JournalError`.
    """
    try:
        with ExitStack() as stack, into.open("xb") as out:
            opened = [stack.enter_context(path.open("rb")) for path in parts]
            _write(merge(*(_lines(file, n) for n, file in enumerate(opened))), out)
        for path in parts:
            path.unlink()
    except OSError as error:
        raise JournalError(f"cannot merge into {into}: {error.strerror}") from error


def _write(lines: Iterator[_Line], out: BinaryIO) -> None:
    open_scenarios: dict[bytes, None] = {}
    number, last = 0, 0.0
    for line in lines:
        kind, scenario = line.kind, line.end[3] or b""
        if number and kind == b"opened":
            continue
        if kind == b"scenario_started":
            open_scenarios[scenario] = None
        elif kind == b"scenario_ended":
            open_scenarios.pop(scenario, None)
        number, last = number + 1, line.t
        out.write(_renumbered(line, number))
    for scenario in open_scenarios:
        number += 1
        end = records.ScenarioEnded(
            status=records.CUT_SHORT, t=last, seq=number, scenario=scenario.decode()
        )
        out.write(records.encode(end) + b"\n")


def _renumbered(line: _Line, number: int) -> bytes:
    begins, ends = line.end.span(2)
    return b'%b,"seq":%d%b' % (line.text[:begins], number, line.text[ends:])


def _lines(file: BinaryIO, part: int) -> Iterator[_Line]:
    """The lines of one journal; time never goes back, as some records are written late."""
    number = 0
    latest = 0.0
    while text := file.readline(MAX_BYTES):
        end = _END.search(text)
        if end is None:
            if not text.endswith(b"\n"):
                return
            raise JournalError(f"{Path(file.name).name} is damaged at line {number + 1}")
        number += 1
        latest = max(latest, float(end[1]))
        yield _Line(latest, part, number, text, end)
