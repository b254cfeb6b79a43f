"""What it means: pure functions over a journal that answer passed, failed or unknown.

Steps ask for a check by its name alone, `from support.checks import complete_run`: whatever
`@check` has registered in a module of this folder is found. A new check is one function.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def checks_by_name() -> dict[str, Callable[..., Any]]:
    """Every function under `@check` in the modules of this folder, by its name."""
    found: dict[str, Callable[..., Any]] = {}
    for entry in pkgutil.iter_modules(__path__, f"{__name__}."):
        module = importlib.import_module(entry.name)
        for name, member in vars(module).items():
            if getattr(member, "is_check", False) and member.__module__ == entry.name:
                if name in found:
                    raise ImportError(f"two checks are called {name}")
                found[name] = member
    return found


def __getattr__(name: str) -> Callable[..., Any]:
    """The check of that name; raises `AttributeError` where there is none."""
    if not name.startswith("_") and name in checks_by_name():
        return checks_by_name()[name]
    raise AttributeError(f"support.checks has no check called {name!r}")
