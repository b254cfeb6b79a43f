"""A finding: what a check answers.

A check is a pure function over records. It answers `passed`, `failed` or `unknown` and shows the
records that led to it. With nothing to look at it is `unknown`, and `unknown` never approves.

    @check("{user} received the complete run")
    def complete_run(history: History, user: str, request_id: str) -> Finding:
        ...
        return passed("12 events")

The decorator adds the question and the name of the check to whatever the function returns.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, Literal, ParamSpec

import msgspec

from support.journal import History

P = ParamSpec("P")

State = Literal["passed", "failed", "unknown"]

#: Why something did not pass, as a value: no rule ever reads a sentence. `product`: the deployment
#: is at fault. `harness`: this suite broke. `environment`: the machine, network or settings that
#: the suite ran with could not prove it either way. `not_offered`: the deployment declares that it
#: lacks it.
Cause = Literal["product", "harness", "too_few_samples", "not_offered", "environment"]


class Finding(msgspec.Struct, kw_only=True, frozen=True):
    """The answer to a check's `question`, and what shows it.

    `cause` is why it is not `passed`, `check` the name of the check. `expected` and `seen` are
    short lines for people; `records` are `seq` numbers in the journal.
    """

    state: State
    summary: str
    question: str = ""
    cause: Cause | None = None
    check: str = ""
    expected: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    records: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """True for `passed` alone."""
        return self.state == "passed"

    @property
    def broke(self) -> bool:
        """True when the check itself raised, so that nothing is known."""
        return self.state == "unknown" and self.cause == "harness"


def passed(summary: str, *, records: tuple[int, ...] = ()) -> Finding:
    """The answer is yes."""
    return Finding(state="passed", summary=summary, records=records)


def failed(
    summary: str,
    *,
    expected: tuple[str, ...] = (),
    seen: tuple[str, ...] = (),
    records: tuple[int, ...] = (),
) -> Finding:
    """The answer is no; `expected` against `seen` says why."""
    return Finding(
        state="failed",
        summary=summary,
        cause="product",
        expected=expected,
        seen=seen,
        records=records,
    )


def unknown(summary: str, cause: Cause = "too_few_samples") -> Finding:
    """There is no answer, and why: most often, too little was seen."""
    return Finding(state="unknown", summary=summary, cause=cause)


@dataclass(frozen=True)
class Check:
    """A question ready to be put to a history. Calling it never raises."""

    question: str
    judge: Callable[[History], Finding]
    name: str = ""
    #: What the deployment must offer for the question to have a meaning (a name of `@needs.…`).
    needs: str = ""

    def __call__(self, history: History) -> Finding:
        """The finding; whatever the check raises makes it `unknown`, never a pass."""
        try:
            found = self.judge(history)
        except Exception as error:
            found = unknown(f"the check broke: {type(error).__name__}: {error}", "harness")
        return msgspec.structs.replace(found, question=self.question, check=self.name)


def check(
    question: str,
    *,
    needs: str = "",
) -> Callable[[Callable[Concatenate[History, P], Finding]], Callable[P, Check]]:
    """Make `judge(history, …)` a factory of checks: called with the rest, it returns a `Check`.

    `question` may name the arguments it is asked with: `"{user} sees …"`. Where the deployment
    lacks what the question `needs`, it is not offered: it passes on nothing, and fails on a find.
    """

    def decorate(judge: Callable[Concatenate[History, P], Finding]) -> Callable[P, Check]:
        signature = inspect.signature(judge)

        @wraps(judge)
        def ask(*args: P.args, **kwargs: P.kwargs) -> Check:
            bound = signature.bind(None, *args, **kwargs)
            bound.apply_defaults()
            text = question.format(**{k: _display(v) for k, v in bound.arguments.items()})
            return Check(
                text, lambda history: judge(history, *args, **kwargs), judge.__name__, needs
            )

        vars(ask)["is_check"] = True  # for `support.checks` to find it
        return ask

    return decorate


def person(key: str) -> str:
    """What people call a user: `s07/Alice` is Alice."""
    return key.rsplit("/", 1)[-1]


def _display(value: object) -> object:
    return person(value) if isinstance(value, str) else value
