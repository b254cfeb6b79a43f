"""What a run will ask of a deployment, said before the first question: questions, accounts, time.

A step that asks declares how much, beside its definition (`@costs`). A test compares the sum with
what the journal of a whole gate counts, so that a step without its declaration is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeVar

from support.client.members import members
from support.client.sign_in import FRESH_ACCOUNTS
from support.config import DeploymentError, Environment

S = TypeVar("S", bound=Callable[..., Any])

#: How many, by the environment, the users that the step is about (all of the scenario by then,
#: where it names no group), and the words of the step.
Amount = int | Callable[[Environment, int, Mapping[str, str]], int]

SCENARIO_S = 0.3  # of a scenario: connections, drops, heartbeats; whatever the model takes
ANSWERS_S = (0.1, 5.0)  # a stub, and a real model that uses tools
_USERS = re.compile(r"\{(\w+):(User|Group)\}")


@dataclass(frozen=True)
class Cost:
    """Of a step: questions, of which so many are asked `in_turn`, and `people` who are new."""

    questions: Amount = 0
    people: Amount = 0
    in_turn: Amount | None = None


@dataclass(frozen=True)
class Expected:
    """Of a run. `turns` are questions that wait for the answer to the one before.

    Of the `people`, `fresh` need an account that was never used.
    """

    scenarios: int = 0
    questions: int = 0
    turns: int = 0
    people: int = 0
    fresh: int = 0

    def seconds(self, answer_s: float) -> float:
        """How long the run takes where an answer takes `answer_s`."""
        return self.scenarios * SCENARIO_S + self.turns * answer_s


def costs(
    questions: Amount = 1, *, people: Amount = 0, in_turn: Amount | None = None
) -> Callable[[S], S]:
    """Declare what a step costs. `in_turn` is 1 for a question, and else as many as `questions`."""

    def declare(step: S) -> S:
        step.cost = Cost(questions, people, in_turn)  # type: ignore[attr-defined]
        return step

    return declare


def foresee(
    scenarios: Iterable[Any],
    registry: Any,
    environment: Environment,
    lacking: Callable[[str], object],
) -> Expected:
    """What `scenarios` will cost; those that need what is `lacking` (not None) will be skipped."""
    found = [
        _of_scenario(scenario, registry, environment)
        for scenario in scenarios
        if not any(
            tag.startswith("needs.") and lacking(tag.removeprefix("needs.")) is not None
            for tag in scenario.effective_tags
        )
    ]
    return Expected(
        scenarios=len(found),
        questions=sum(one.questions for one in found),
        turns=sum(one.turns for one in found),
        people=sum(one.people for one in found),
        fresh=sum(one.fresh for one in found),
    )


def ensure_within_budget(expected: Expected, environment: Environment) -> None:
    """Raise `DeploymentError` when more would be asked than `budget.questions` allows."""
    most = environment.question_budget
    if most is not None and expected.questions > most:
        raise DeploymentError(
            f"this run would ask up to {expected.questions:,} questions, and budget.questions is"
            f" {most:,}: raise it, or ask for less ([sizes], fewer scenarios)"
        )


def cost_text(expected: Expected, environment: Environment, kept: int = 0) -> str:
    """The cost in a sentence or two, for the terminal; `kept` accounts can be used again."""
    signs_up = environment.sign_in == "service"
    again = min(kept, expected.people - expected.fresh)
    new = f"{expected.people - again:,} new accounts" if signs_up else "no new account"
    accounts = new + (f" ({again:,} of earlier runs are used again)" if again else "")
    times = " and ".join(
        f"{_lasting(expected.seconds(answer_s))} at {answer_s:g} s an answer"
        for answer_s in ANSWERS_S
    )
    return (
        f"This run asks up to {expected.questions:,} questions and needs {accounts}; it takes"
        f" about {times}."
    )


def _of_scenario(scenario: Any, registry: Any, environment: Environment) -> Expected:
    names: dict[str, None] = {}
    more = questions = turns = 0
    for step in scenario.all_steps:
        cost, words, group = _of_step(step, registry, environment, names)
        if cost is None:
            continue
        more += _amount(cost.people, environment, len(names) + more, words)
        people = len(names) + more if group is None else group
        asked = _amount(cost.questions, environment, people, words)
        questions += asked
        alone = cost.in_turn is None
        turns += asked if alone else _amount(cost.in_turn, environment, people, words)
    everyone = len(names) + more
    fresh = everyone if FRESH_ACCOUNTS in scenario.effective_tags else 0
    return Expected(questions=questions, turns=turns, people=everyone, fresh=fresh)


def _of_step(
    step: Any, registry: Any, environment: Environment, names: dict[str, None]
) -> tuple[Cost | None, dict[str, str], int | None]:
    """The declared cost of a step, its words, and the size of its group; None without one.

    Everyone whom it names is added to `names`. Nobody is looked up.
    """
    for definition in (*registry.steps[step.step_type], *registry.steps["step"]):
        match = definition.parser.parse(step.name, evaluate_result=False)
        if match is None:
            continue
        words, group = match.match.groupdict(), None
        for field, kind in _USERS.findall(definition.pattern):
            named = members(words[field], environment, names)
            names |= dict.fromkeys(named)
            group = len(named) if kind == "Group" else group
        return getattr(definition.func, "cost", None), words, group
    return None, {}, None


def _amount(
    amount: Amount | None, environment: Environment, people: int, words: Mapping[str, str]
) -> int:
    return amount(environment, people, words) if callable(amount) else amount or 0


def _lasting(seconds: float) -> str:
    return f"{ceil(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
