"""Signals end a run in good order: the step in progress is left, everything after it is orderly.

A signal raises nothing but inside of a step, or while the deployment is looked for. Everywhere
else it is noted, and the run stops before the next scenario; so no signal, however often it comes,
can get between two lines of a hook, of a report or of the verdict.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM, from outside"}
if hasattr(signal, "SIGHUP"):
    _NAMES[signal.SIGHUP] = "the end of its terminal"


class Interrupted(KeyboardInterrupt):
    """A signal arrived inside of a step; behave knows how to end a run on it."""


class Interrupts:
    """What signals ask for. Once taken over they stay so: the process ends after the run."""

    def __init__(self) -> None:
        #: Why the run has to end, in a sentence; empty if it has not.
        self.reason = ""
        self._raises = False

    def take_over(self) -> None:
        """Handle signals from now on, except those that the parent process ignores."""
        for number in _NAMES:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._arrived)

    def obey(self, number: signal.Signals) -> None:
        """Handle that signal from now on, even where the parent process ignores it."""
        signal.signal(number, self._arrived)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """While inside, a signal raises `Interrupted`; one that has come before does so at once."""
        before = self._raises
        try:
            self._raises = True
            if self.reason:
                raise Interrupted(self.reason)
            yield
        finally:
            self._raises = before

    def _arrived(self, number: int, _: Any) -> None:
        self.reason = self.reason or f"The run was interrupted by {_NAMES[signal.Signals(number)]}."
        if self._raises:
            # Before the exception is out of `interruptible` a second one would get past it.
            self._raises = False
            raise Interrupted(self.reason)
