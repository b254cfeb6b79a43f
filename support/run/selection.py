"""What a run is to carry out: the planned scenarios, and whether a verdict may rest on them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from behave.configuration import setup_parser
from behave.exception import ConfigError
from behave.model import ScenarioOutline
from behave.runner_util import collect_feature_locations, parse_features

from support.approval import scenario_id
from support.config.own import OWN_SERVICES
from support.config.renamed import RENAMED
from support.deployment.deployment import NEEDS
from support.run.parallel.schedule import EXCLUSIVE
from support.run.start import GATE_FLAG

FEATURES = "features"
KEYWORDS = ("Background", "Rule", "Scenario", "Scenario outline", "Example", "Examples")
_TAG = re.compile(r"[\w.]+")


def planned(features: list[Any], config: Any) -> dict[str, Any]:
    """The selected scenarios by id. Raises `ConfigError` for what would vanish without a word."""
    found = _by_id(s for s in _walk(features) if s.should_run(config))
    for scenario in found.values():
        if not scenario.steps:
            raise ConfigError(
                f"the scenario “{scenario.name}” at {scenario.location} has no steps of its"
                " own, so nothing would be checked"
            )
    return found


def critical(base_dir: str, language: str | None, loaded: Iterable[Any] = ()) -> dict[str, Any]:
    """Every critical scenario of the suite in `base_dir`, by id.

    Features that are `loaded` are not read again: they hold all their scenarios, selected or not.
    """
    folder = os.path.join(base_dir, FEATURES)
    if not os.path.isdir(folder):
        folder = base_dir
    suite: list[Any] = []
    known = {os.path.abspath(feature.filename): feature for feature in loaded}
    for location in collect_feature_locations([folder]):
        feature = known.get(os.path.abspath(location.filename))
        suite += parse_features([location], language) if feature is None else [feature]
    return {i: s for i, s in _by_id(_walk(suite)).items() if "critical" in s.effective_tags}


def asks_for_gate(arguments: list[str], userdata: Mapping[str, str]) -> bool:
    """True when a command line asks for the gate: `-D gate=true`, or `--tags=@critical` alone.

    Paths, names and further tags are a smaller wish, said in so many words. Raises `ConfigError`
    for another value of the flag.
    """
    flag = userdata.get(GATE_FLAG, "false").strip().lower()
    if flag not in ("true", "false"):
        raise ConfigError(f"-D {GATE_FLAG} is true or false, not {flag!r}")
    asked = setup_parser().parse_args(arguments)
    tags = {tag.strip("\"' ").removeprefix("@") for tag in asked.tags or ()}
    return flag == "true" or (tags == {"critical"} and not (asked.paths or asked.name or asked.wip))


def refuse_narrowed(left_out: list[Any]) -> None:
    """Raise `ConfigError`: this was to be a gate run, and something has narrowed it."""
    first = left_out[0]
    raise ConfigError(
        f"this is no gate run: {len(left_out)} critical scenarios were left out, first"
        f" “{first.name}” at {first.location}; look for what narrows the selection (a"
        " configuration file of behave, --exclude, --include, paths, names, further tags)"
    )


def refuse_old_names(scenarios: Iterable[Any], registry: Any, tags: Iterable[str] = ()) -> None:
    """Raise `ConfigError` for tags and steps that have another name now, or that mean nothing.

    `tags` are those of the command line. A scenario that needs what nobody knows would be skipped.
    """
    for tag in (word for text in tags for word in _TAG.findall(text)):
        _refuse_old_tag(tag, "--tags")
    for scenario in scenarios:
        for tag in map(str, scenario.effective_tags):
            _refuse_old_tag(tag, str(scenario.location))
            if tag.startswith("needs.") and tag.removeprefix("needs.") not in NEEDS:
                raise ConfigError(_unknown_tag(tag, scenario, (f"needs.{n}" for n in NEEDS)))
            if tag.startswith("own_service.") and tag not in OWN_SERVICES:
                raise ConfigError(_unknown_tag(tag, scenario, OWN_SERVICES))
            if tag.startswith("exclusive.") and tag not in EXCLUSIVE:
                raise ConfigError(_unknown_tag(tag, scenario, EXCLUSIVE))
        for step in scenario.all_steps:
            new = RENAMED.step(step.name) if registry.find_step_definition(step) is None else ""
            if new:
                raise ConfigError(
                    f"the step “{step.name}” at {step.location} is now written “{new}”"
                )


def _refuse_old_tag(tag: str, place: str) -> None:
    if new := RENAMED.tags.get(tag):
        raise ConfigError(f"the tag @{tag} at {place} is now called @{new}")


def _unknown_tag(tag: str, scenario: Any, known: Iterable[str]) -> str:
    near = get_close_matches(tag, list(known), n=1)
    hint = f"; did you mean @{near[0]}?" if near else ""
    return f"the tag @{tag} at {scenario.location} is unknown{hint}"


def _walk(features: list[Any]) -> Iterator[Any]:
    """Every scenario of `features`. Raises `ConfigError` for what would vanish without a word."""
    for feature in features:
        found = feature.walk_scenarios(with_outlines=True)
        if not found:
            raise ConfigError(f"the feature “{feature.name}” in {feature.filename} has no scenario")
        for element in (feature, *feature.rules, *found):
            _refuse_misspelt(element)
        for scenario in found:
            if not isinstance(scenario, ScenarioOutline):
                yield scenario
            elif not scenario.scenarios:
                raise ConfigError(
                    f"the outline “{scenario.name}” at {scenario.location} has no rows,"
                    " so nothing of it would ever be run"
                )


def _refuse_misspelt(element: Any) -> None:
    """`Scenaro: …` below a feature's name is a description to Gherkin; its steps are, too."""
    for line in element.description or ():
        word, colon, _ = line.strip().partition(":")
        if colon and get_close_matches(word.capitalize(), KEYWORDS, n=1, cutoff=0.8):
            raise ConfigError(
                f"“{line.strip()}” below {element.location} looks like a keyword, but is none;"
                " it would be taken for a description"
            )


def _by_id(scenarios: Iterator[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for scenario in scenarios:
        twin = found.setdefault(scenario_id(scenario), scenario)
        if twin is scenario:
            continue
        if str(twin.location) == str(scenario.location):
            raise ConfigError(f"“{scenario.name}” at {twin.location} was asked for twice")
        raise ConfigError(
            f"two scenarios have the same name: “{scenario.name}” at {twin.location}"
            f" and {scenario.location}; give one another name"
        )
    return found
