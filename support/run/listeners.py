"""behave's formatters and reporters: one that breaks is muted, and the verdict stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from support.report.formatting import mask


class Contained:
    """A formatter or reporter as behave sees it, but it never raises; `broke` says what it did."""

    def __init__(self, listener: Any) -> None:
        self._listener = listener
        self.broke = ""

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._listener, name)
        return self._calling(value, last=name == "close") if callable(value) else value

    def _calling(self, function: Callable[..., Any], *, last: bool) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.broke:
                if last:
                    with suppress(BaseException):  # said already; what it wrote so far may be kept
                        function(*args, **kwargs)
                return None
            try:
                return function(*args, **kwargs)
            except BaseException as error:
                self.broke = mask(f"{type(error).__name__}: {error}").rstrip(".")
                return None

        return call

    def remark(self) -> str:
        """A sentence for one that broke; empty otherwise."""
        name = getattr(self._listener, "name", None) or type(self._listener).__name__
        text = f"The formatter {name} broke and is incomplete ({self.broke}); the verdict stands."
        return text if self.broke else ""


def contain(listeners: list[Any]) -> list[Contained]:
    """Put a contained one into the place of each; they are returned, too."""
    listeners[:] = [Contained(listener) for listener in listeners]
    return listeners


def remarks(listeners: Iterable[Contained]) -> list[str]:
    """What is to be said of those that broke."""
    return [text for listener in listeners if (text := listener.remark())]
