"""Which scenarios can be assessed with a dialect, and why the others cannot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from behave.runner_util import collect_feature_locations, parse_features

from support.approval.criteria.categories import RESUME_ROW
from support.client.questions import PATTERN, question_named
from support.config import Environment
from support.config.requirements import TITLES
from support.dialects.schema import DialectData

FEATURES = Path(__file__).parents[3] / "features"
_NEEDS = "needs."


class Tells(Protocol):
    """Prints for a person."""

    def title(self, text: str) -> None:
        """A new part."""

    def note(self, text: str, style: str = "") -> None:
        """A line."""


@dataclass
class Claims:
    """The scenarios of a gate: how many could be assessed, and which rows by them.

    `left_out` are the others: the reason, and how many scenarios have it.
    """

    assessed: int = 0
    total: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)


def claims(
    lacking: Callable[[str], object],
    data: DialectData,
    environment: Environment,
    features: Path = FEATURES,
) -> Claims:
    """What can be assessed at most; a step may still find that something is not offered."""
    found = Claims()
    for scenario in _scenarios(features):
        tags = [str(tag) for tag in scenario.effective_tags]
        if "critical" not in tags:  # a gate does not run it
            continue
        reason = next(_reasons(scenario, tags, lacking, data, environment), "")
        rows = [tag for tag in tags if tag in TITLES]
        found.total += 1
        if reason:
            found.left_out[reason] = found.left_out.get(reason, 0) + 1
        else:
            found.assessed += 1
        for row in rows:
            found.rows[row] = found.rows.get(row, 0) + (not reason)
            if reason:
                found.why.setdefault(row, reason)
    return found


def tell_claims(
    tell: Tells, lacking: Callable[[str], object], data: DialectData, environment: Environment
) -> None:
    """Print what can be assessed, what cannot and why, and what no approval can do without."""
    found, must = claims(lacking, data, environment), environment.policy.must
    tell.title("What a gate can assess")
    rows = sum(count > 0 for count in found.rows.values())
    tell.note(
        f"{found.assessed} of {found.total} scenarios at most, for {rows} of {len(found.rows)}"
        " requirements"
    )
    for reason, count in sorted(found.left_out.items(), key=lambda pair: -pair[1]):
        tell.note(f"  {count:3} not assessed: {reason}", "yellow")
    missing = [row for row in must if not found.rows.get(row)]
    if RESUME_ROW in missing and lacking("resume") is not None:
        missing.remove(RESUME_ROW)  # asked for only where it can be done
    for row in missing:
        why = found.why.get(row, "no scenario has this tag")
        tell.note(f"✘ {row} ({TITLES.get(row, 'unknown')}) must be assessed: {why}", "red")
    if missing:
        tell.note(
            "Without these no gate ends as APPROVED; the environment's policy.must names them."
        )
    if lacking("metrics") is not None and "memory_growth" not in environment.policy.leave_out:
        tell.note(
            "✘ No gate ends as APPROVED without the memory of the deployment: give [http] metrics"
            ' and memory_metric, or policy.leave_out = ["memory_growth"] in the environment',
            "red",
        )


def _scenarios(features: Path) -> Iterator[Any]:
    for feature in parse_features(collect_feature_locations([str(features)])):
        yield from feature.walk_scenarios()


def _reasons(
    scenario: Any,
    tags: Sequence[str],
    lacking: Callable[[str], object],
    data: DialectData,
    environment: Environment,
) -> Iterator[str]:
    for tag in tags:
        if tag.startswith(_NEEDS) and (why := lacking(tag.removeprefix(_NEEDS))) is not None:
            yield str(why)
    for step in scenario.all_steps:
        for words in re.findall(PATTERN, step.name):
            for kind in question_named(words, environment).kinds:
                if (why := data.not_asked(kind)) is not None:
                    yield why
