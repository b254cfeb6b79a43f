"""The features stay short, and their steps recombine: measured over features/ and steps/."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from functools import cache
from inspect import isroutine
from pathlib import Path
from typing import Any

import pytest
from behave.parser import parse_file
from behave.runner_util import load_step_modules
from behave.step_registry import registry

from support.run import parameter_types

ROOT = Path(__file__).resolve().parents[2]
MOST_STEPS = 8
MOST_LINES = 5
MOST_DECORATORS = 143
LEAST_REUSED = 0.55
KINDS = ("given", "when", "then", "step")
FEATURES = [parse_file(str(path)) for path in sorted((ROOT / "features").glob("**/*.feature"))]
SCENARIOS = [
    (row.name, list(row.all_steps)) for feature in FEATURES for row in feature.walk_scenarios()
]


@cache
def uses() -> dict[str, set[str]]:
    """The text of each step definition → the scenarios, outlines as one, that use it."""
    parameter_types.register_types(lambda: pytest.fail("nobody is looked up here"))
    if not registry.steps["then"]:
        load_step_modules([str(ROOT / "steps")])
    found: dict[str, set[str]] = {
        step.pattern: set() for kind in KINDS for step in registry.steps[kind]
    }
    for feature in FEATURES:
        for scenario in feature.scenarios:
            for row in getattr(scenario, "scenarios", [scenario]):
                for step in row.all_steps:
                    found[_definition(step)].add(f"{feature.filename}: {scenario.name}")
    return found


def _definition(step: Any) -> str:
    for definition in (*registry.steps[step.step_type], *registry.steps["step"]):
        if definition.parser.parse(step.name, evaluate_result=False) is not None:
            return str(definition.pattern)
    pytest.fail(f"no step says {step.name!r}")


def _functions() -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "steps").glob("*.py")]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for tree in trees for node in tree.body if isinstance(node, kinds)]


def _texts(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    calls = [d for d in function.decorator_list if isinstance(d, ast.Call)]
    return [
        str(ast.literal_eval(call.args[0]))
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in KINDS
    ]


@pytest.mark.parametrize(("name", "steps"), SCENARIOS, ids=[name for name, _ in SCENARIOS])
def test_a_scenario_is_short_and_has_one_turn(name: str, steps: list[Any]) -> None:
    order = [KINDS.index(step.step_type) for step in steps]
    assert len(steps) <= MOST_STEPS
    assert order == sorted(order), "Given, then When, then Then, once"
    assert order[-1] == KINDS.index("then")


def test_no_step_is_unused() -> None:
    assert [text for text, scenarios in uses().items() if not scenarios] == []


def test_the_vocabulary_stays_small_and_recombines() -> None:
    reused = [text for text, scenarios in uses().items() if len(scenarios) > 1]
    assert sum(len(_texts(function)) for function in _functions()) <= MOST_DECORATORS
    assert len(reused) >= LEAST_REUSED * len(uses())


def test_no_two_steps_do_the_same() -> None:
    bodies: dict[str, list[str]] = defaultdict(list)
    for function in _functions():
        if _texts(function):
            bodies["\n".join(map(ast.unparse, function.body))].append(function.name)
    assert [names for names in bodies.values() if len(names) > 1] == []


def test_no_step_is_a_condition() -> None:
    texts = [text for function in _functions() for text in _texts(function)]
    assert [text for text in texts if "if need be" in text or " if " in f" {text} "] == []


def test_a_step_has_at_most_five_lines() -> None:
    long = {
        function.name: len(function.body)
        for function in _functions()
        if _texts(function) and len(function.body) > MOST_LINES
    }
    assert long == {}


def test_a_parameter_is_a_thing_and_never_a_function() -> None:
    for name, things in parameter_types.THINGS.items():
        functions = [text for text, thing in things.items() if isroutine(thing)]
        assert (name, functions) == (name, [])


def test_scenario_names_are_unique() -> None:
    counts = Counter(name for name, _ in SCENARIOS)
    assert [name for name, count in counts.items() if count > 1] == []
