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

BROKE = "the check broke"


class Finding(msgspec.Struct, kw_only=True, frozen=True):
    """`question` in plain words, its answer, and what shows it.

    `expected` and `seen` are short lines for people; `records` are `seq` numbers in the journal.
    """

    question: str
    state: State
    summary: str
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
        return self.state == "unknown" and self.summary.startswith(BROKE)


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
        expected=expected,
        seen=seen,
        records=records,
    )


def unknown(question: str, summary: str) -> Finding:
    """Nobody can say: too little was seen, or the check itself broke."""
    return Finding(question=question, state="unknown", summary=summary)


@dataclass(frozen=True)
class Check:
    """A question ready to be put to a history. Calling it never raises."""

    question: str
    judge: Callable[[History], Finding]

    def __call__(self, history: History) -> Finding:
        """The finding; whatever the check raises makes it `unknown`, never a pass."""
        try:
            return self.judge(history)
        except Exception as error:
            return unknown(self.question, f"{BROKE}: {type(error).__name__}: {error}")


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
            return Check(words, lambda history: judge(history, words, *args, **kwargs))

        return ask

    return decorate


def _person(value: object) -> object:
    """`s07/Alice` is Alice to a reader."""
    return value.rsplit("/", 1)[-1] if isinstance(value, str) else value
