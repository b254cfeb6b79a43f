"""behave's context, and functions contained so that none of them can end or outlive the run."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from behave.runner import Context

from support.client import StepCancelled
from support.report.formatting import mask
from support.run.interrupts import Interrupted


class GateContext(Context):  # type: ignore[misc]
    """As behave's; remembers why the run was stopped, and what broke around its scenarios."""

    def __init__(self, runner: Any) -> None:
        super().__init__(runner)
        self._stopped = ""
        self._broken: list[str] = []

    @property
    def stopped(self) -> str:
        """Why the run was stopped before its end, in a sentence; empty if it was not."""
        return self._stopped

    @property
    def broken(self) -> list[str]:
        """The hooks and clean-ups that broke outside of every scenario, a sentence each."""
        return self._broken

    def abort(self, reason: str | None = None) -> None:
        """Stop the run, as behave does, but without a word: the verdict says why."""
        if not self.aborted:
            text = f"The run was stopped: {reason or 'nobody said why'}."
            self._stopped = self._broken[-1] if self._broken else text
            self._set_root_attribute("aborted", True)

    def add_cleanup(self, cleanup_func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """As behave's. Raises `TypeError` for `async def`, which behave would never await."""
        what = f"clean-up {getattr(cleanup_func, '__name__', '')}".strip()
        if inspect.iscoroutinefunction(cleanup_func):
            raise TypeError(f"the {what} is async: behave would never await it")
        super().add_cleanup(self.watched(what, cleanup_func), *args, **kwargs)

    def watched(self, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, contained, and noted in `broken` when it breaks outside of a scenario."""
        inner = contained(function)

        @wraps(inner)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                return inner(*args, **kwargs)
            except Exception as error:
                if "scenario" not in self:  # a scenario's own status tells of those within
                    said = mask(f"{type(error).__name__}: {error}")
                    self._broken.append(f"The {what} broke: {said.rstrip('.')}.")
                raise

        return run


def contained(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, raising `StepCancelled` for what would end the run; only signals do that."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (Exception, Interrupted):
            raise
        except asyncio.CancelledError as error:
            raise StepCancelled("it was cancelled from within") from error
        except SystemExit as error:
            raise StepCancelled(f"it tried to end the whole run: sys.exit({error})") from error
        except BaseException as error:
            said = type(error).__name__ + (f": {error}" if str(error) else "")
            raise StepCancelled(f"it tried to end the whole run: {said}") from error

    return run
