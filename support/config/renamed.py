"""What was called otherwise in earlier versions, so that an error can name the new name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import parse


class Renamed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Old name → new name, as in `renamed.toml`."""

    settings: dict[str, str]
    tags: dict[str, str]
    commands: dict[str, str]
    steps: dict[str, str]

    def step(self, text: str) -> str:
        """The new text of a step that was written in an old one; empty for any other."""
        for old, new in self.steps.items():
            found = parse.parse(old, text, case_sensitive=True)
            if found is not None:
                return new.format(**found.named)
        return ""


RENAMED = msgspec.convert(
    tomllib.loads(Path(__file__).with_name("renamed.toml").read_text("utf-8")), Renamed
)
