"""A finding: what a check answers.

A check is a pure function over records. It answers `passed`, `failed` or `unknown` and shows the
records that led it there. With nothing to look at it is `unknown`, and `unknown` never approves.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

import msgspec

from support.journal import History

State = Literal["passed", "failed", "unknown"]

#: Why something did not pass, as a value: no rule ever reads a sentence. `product`: the deployment
#: is at fault. `harness`: this suite broke. `environment`: the machine or the network that the
#: suite ran on was not fit to tell. `not_offered`: the deployment declares that it lacks it.
Cause = Literal["product", "harness", "too_few_samples", "not_offered", "environment"]


class Finding(msgspec.Struct, kw_only=True, frozen=True):
    """`question` in plain words, its answer, and what shows it.

    `cause` is why it is not `passed`, `check` the name of the check that was asked. `expected` and
    `seen` are short lines for people; `records` are `seq` numbers in the journal.
    """

    question: str
    state: State
    summary: str
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
        """True when nobody can say because the check itself went wrong."""
        return self.state == "unknown" and self.cause == "harness"


def passed(question: str, summary: str, *, records: tuple[int, ...] = ()) -> Finding:
    """The answer is yes."""
    return Finding(question=question, state="passed", summary=summary, records=records)


def failed(
    question: str,
    summary: str,
    *,
    expected: tuple[str, ...] = (),
    seen: tuple[str, ...] = (),
    records: tuple[int, ...] = (),
) -> Finding:
    """The answer is no; `expected` against `seen` says why."""
    return Finding(
        question=question,
        state="failed",
        summary=summary,
        cause="product",
        expected=expected,
        seen=seen,
        records=records,
    )


def unknown(question: str, summary: str, cause: Cause = "too_few_samples") -> Finding:
    """Nobody can say, and why not: most often, too little was seen."""
    return Finding(question=question, state="unknown", summary=summary, cause=cause)


@dataclass(frozen=True)
class Check:
    """A question ready to be put to a history. Calling it never raises."""

    question: str
    judge: Callable[[History], Finding]
    name: str = ""

    def __call__(self, history: History) -> Finding:
        """The finding; whatever the check raises makes it `unknown`, never a pass."""
        try:
            found = self.judge(history)
        except Exception as error:
            summary = f"the check broke: {type(error).__name__}: {error}"
            found = unknown(self.question, summary, "harness")
        return msgspec.structs.replace(found, check=self.name)


def check(question: str) -> Callable[[Callable[..., Finding]], Callable[..., Check]]:
    """Make `judge(history, question, …)` a factory of checks.

    `question` may name the arguments it is asked with: `"{user} sees …"`.
    """

    def decorate(judge: Callable[..., Finding]) -> Callable[..., Check]:
        signature = inspect.signature(judge)

        @wraps(judge)
        def ask(*args: Any, **kwargs: Any) -> Check:
            bound = signature.bind(None, "", *args, **kwargs)
            bound.apply_defaults()
            words = question.format(**{k: _person(v) for k, v in bound.arguments.items()})
            return Check(
                words, lambda history: judge(history, words, *args, **kwargs), judge.__name__
            )

        return ask

    return decorate


def _person(value: object) -> object:
    """`s07/Alice` is Alice to a reader."""
    return value.rsplit("/", 1)[-1] if isinstance(value, str) else value
