"""What the suite must do, row by row: the code by which tags name it → what it asks."""

from __future__ import annotations

import tomllib
from pathlib import Path

TITLES: dict[str, str] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
