"""Which row of the requirements is covered by which scenarios and broken by which defects."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
from behave.runner_util import collect_feature_locations, parse_features

from support.approval import display_name
from support.config.requirements import TITLES

_ROW = re.compile(r"[A-Z]\d{1,2}")


class Row(msgspec.Struct, frozen=True):
    """A row: its code, what it asks, and the names of the scenarios and defects that claim it."""

    code: str
    title: str
    scenarios: tuple[str, ...]
    defects: tuple[str, ...]


def scenarios_by_row(features: Path) -> dict[str, list[str]]:
    """Row → the scenarios tagged with it, all of a features folder; rows may be unknown ones."""
    found: dict[str, list[str]] = {}
    for feature in parse_features(collect_feature_locations([str(features)])):
        for scenario in feature.walk_scenarios():
            for tag in scenario.effective_tags:
                if _ROW.fullmatch(str(tag)):
                    found.setdefault(str(tag), []).append(display_name(scenario))
    return found


def rows(features: Path, defects: Iterable[tuple[str, Iterable[str]]]) -> list[Row]:
    """Every row, in order. `defects` are pairs of a name and the rows it breaks."""
    scenarios = scenarios_by_row(features)
    broken: dict[str, list[str]] = {}
    for name, claimed in defects:
        for code in claimed:
            broken.setdefault(code, []).append(name)
    return [
        Row(code, title, tuple(scenarios.get(code, ())), tuple(broken.get(code, ())))
        for code, title in TITLES.items()
    ]
