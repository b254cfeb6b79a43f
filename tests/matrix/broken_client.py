"""behave, with a defect built into the suite's own client: `broken_client.py NAME [behave's own]`.

A defect is a subclass of a healthy class that overrides one method. Wherever a module of the suite
has the healthy class under a name, it gets the broken one; the client holds no trace of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T", bound=type)
_register: dict[str, ClientDefect] = {}


class ClientDefect(NamedTuple):
    """One way in which the client can be broken, and the rows that it breaks."""

    name: str
    rows: tuple[str, ...]
    part: type


def defect(name: str, *rows: str) -> Callable[[T], T]:
    """Register the decorated subclass of a healthy class as the defect `name`."""

    def add(part: T) -> T:
        if name in _register:
            raise ValueError(f"two defects are called {name}")
        _register[name] = ClientDefect(name, rows, part)
        return part

    return add


def client_catalogue() -> list[ClientDefect]:
    """Every known defect of the client."""
    import client_defects  # noqa: F401 - registers them

    return list(_register.values())


def build_in(chosen: ClientDefect) -> None:
    """Put the broken class in the place of the healthy one, in every module that names it."""
    healthy = chosen.part.__mro__[1]
    places = 0
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "support":
            for attribute, value in list(vars(module).items()):
                if value is healthy:
                    setattr(module, attribute, chosen.part)
                    places += 1
    if places < 2:  # where it is defined, and where it is used
        raise LookupError(f"nobody uses {healthy.__name__}, so {chosen.name} would change nothing")


def main(name: str, arguments: list[str]) -> int:
    """Run behave with that defect; its exit status."""
    from behave.__main__ import main as behave

    import support.run.runner  # noqa: F401 - so that every module is there to be changed

    build_in({known.name: known for known in client_catalogue()}[name])
    return int(behave(arguments))


if __name__ == "__main__":
    # Started as a script this module is `__main__`; the defects register with the imported one.
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]
    from broken_client import main as run

    sys.exit(run(sys.argv[1], sys.argv[2:]))
