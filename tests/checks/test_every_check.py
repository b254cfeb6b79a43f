"""What holds for every check there is: none passes on nothing, none breaks what asks it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, get_type_hints

import pytest
from hamcrest import assert_that
from histories import ALICE, BOB, WALL, Tape

from support.checks import checks_by_name
from support.checks.finding import Check, Finding, check, failed, passed, unknown
from support.checks.invariants import INVARIANTS
from support.checks.isolation import nothing_leaked
from support.checks.matchers import holds
from support.journal import History

#: What checks may want to know, by the name of the argument; anything else by its type.
BY_NAME: dict[str, Any] = {"at_least": 1, "figure": "average", "users": (ALICE, BOB), "wall": WALL}
BY_TYPE: dict[Any, Any] = {str: ALICE, int: 1, float: 2.0, bool: False, Sequence[str]: (BOB,)}


def asked(factory: Callable[..., Check], **changed: object) -> Check:
    """A check by that factory, with arguments of the right kind."""
    hints = get_type_hints(factory.__wrapped__)
    given = {**BY_NAME, **changed}
    _, *names = inspect.signature(factory.__wrapped__).parameters
    return factory(**{n: given[n] if n in given else BY_TYPE.get(hints[n], {}) for n in names})


EVERY = sorted(checks_by_name().items())
every_factory = pytest.mark.parametrize("factory", [f for _, f in EVERY], ids=[n for n, _ in EVERY])


def test_the_checks_are_found() -> None:
    names = {name for name, _ in EVERY}
    assert {"nothing_leaked", "complete_run", "latency_within", "streams_whole"} <= names


@every_factory
def test_no_check_passes_on_an_empty_history(factory: Callable[..., Check]) -> None:
    assert asked(factory)(History([])).state in ("unknown", "failed")


@every_factory
def test_no_check_passes_on_nothing_however_little_it_asks_for(
    factory: Callable[..., Check],
) -> None:
    ask = asked(factory, at_least=0, count=0, users=(), others=(), victims=())
    assert ask(History([])).state in ("unknown", "failed")


@pytest.mark.parametrize("name", INVARIANTS)
def test_no_standing_check_passes_on_an_empty_history(name: str) -> None:
    assert INVARIANTS[name](History([])).state == "unknown"


@every_factory
def test_a_check_that_crashes_is_unknown(factory: Callable[..., Check]) -> None:
    finding = asked(factory)(SimpleNamespace())
    assert finding.state == "unknown"
    assert finding.summary.startswith("the check broke: AttributeError")


@every_factory
def test_questions_name_people_and_not_their_keys(factory: Callable[..., Check]) -> None:
    question = asked(factory).question
    assert "{" not in question
    assert "s01/" not in question


def test_a_finding_is_ok_only_when_it_passed() -> None:
    findings = [passed("s"), failed("s"), unknown("s")]
    assert [finding.ok for finding in findings] == [True, False, False]


@check("is it so?")
def so(history: History, answer: Finding) -> Finding:
    return answer


def test_a_check_that_passes_holds() -> None:
    assert_that(History([]), holds(so(passed("fine"))))


def test_what_nobody_can_say_does_not_hold_and_says_so() -> None:
    with pytest.raises(AssertionError, match="unknown: too little was seen"):
        assert_that(History([]), holds(so(unknown("too little was seen"))))


def test_a_failure_shows_what_was_expected_what_was_seen_and_where() -> None:
    finding = failed("it is not", expected=("this",), seen=("that",), records=(4, 5))
    with pytest.raises(AssertionError) as raised:
        assert_that(History([]), holds(so(finding)))
    said = str(raised.value)
    assert "is it so?" in said
    assert "but: it is not" in said
    assert "expected: this" in said
    assert "seen: that" in said
    assert "journal: records 4, 5" in said


def test_asking_twice_gives_the_same_answer() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE)
    ask = nothing_leaked()
    assert ask(tape.history) == ask(tape.history)
