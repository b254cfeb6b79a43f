"""What every record of a journal has."""

from __future__ import annotations

import msgspec


class Record(
    msgspec.Struct, tag_field="kind", kw_only=True, frozen=True, omit_defaults=True, gc=False
):
    """Anything that happened. `seq` counts records from 1; `scenario` is empty outside of one."""

    t: float
    seq: int = 0
    scenario: str = ""
