"""The changelog names everything that was renamed, as the errors do."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.config.environment import Environment
from support.config.renamed import RENAMED
from support.config.sources import setting_names

CHANGELOG = (Path(__file__).resolve().parents[2] / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("names", [RENAMED.settings, RENAMED.steps], ids=["settings", "steps"])
def test_every_renamed_setting_and_step_has_its_line(names: dict[str, str]) -> None:
    missing = [f"| `{old}` | `{new}` |" for old, new in names.items()]
    missing = [line for line in missing if line not in CHANGELOG]
    assert not missing, "add to CHANGELOG.md:\n" + "\n".join(missing)


def test_every_renamed_tag_and_command_is_named() -> None:
    for old in (*(f"`@{tag}`" for tag in RENAMED.tags), *RENAMED.commands):
        assert old in CHANGELOG


def test_a_renamed_setting_is_gone_and_its_new_name_exists() -> None:
    there = setting_names(Environment)
    assert there
    assert not set(RENAMED.settings) & set(there)
    assert set(RENAMED.settings.values()) <= set(there)
