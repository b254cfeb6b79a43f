"""The changelog names everything that was renamed, as the errors do."""

from __future__ import annotations

import re
from pathlib import Path

import parse
import pytest
from behave.runner_util import load_step_modules
from behave.step_registry import registry

from support.config.environment import Environment
from support.config.renamed import RENAMED
from support.config.sources import setting_names
from support.run import parameter_types

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")


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


def test_the_new_text_of_a_renamed_step_is_a_step_and_the_old_one_is_none() -> None:
    parameter_types.register_types(lambda: pytest.fail("no step is carried out here"))
    load_step_modules([str(ROOT / "steps")])
    patterns = [step.pattern for steps in registry.steps.values() for step in steps]
    texts = [re.sub(r"\{(\w+):\w+\}", r"{\1}", pattern) for pattern in patterns]
    for old, new in RENAMED.steps.items():
        assert old not in texts
        sample = new.format_map(dict.fromkeys(re.findall(r"\{(\w+)\}", new), "Alice"))
        assert any(parse.parse(text, sample) for text in texts), new


def test_a_step_in_its_old_text_is_given_in_the_new_one() -> None:
    assert RENAMED.step("Bob's token ends") == "Bob's newest connection is closed"
    assert RENAMED.step("Bob's newest connection is closed") == ""
