"""How long scenarios took in earlier runs: the longest begin first, and the rest is estimated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from support.approval import Outcome
from support.report.files import write_whole

DURATIONS = "durations.json"


def earlier_durations(reports: Path) -> dict[str, float]:
    """Seconds by scenario id; nothing where nothing is known. It changes no verdict."""
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode((reports / DURATIONS).read_bytes(), type=dict[str, float])
    return {}


def remember_durations(
    reports: Path, known: Mapping[str, float], outcomes: Iterable[Outcome]
) -> None:
    """Keep how long the passed scenarios took, beside those `known` before."""
    took = {o.id: round(o.duration_s, 2) for o in outcomes if o.status == "passed"}
    with suppress(OSError):  # the next run is a little slower, that is all
        write_whole(reports / DURATIONS, msgspec.json.encode({**known, **took}))
