"""Who a scenario is: the identity by which behave, the bundle and Allure must agree on it."""

from __future__ import annotations

import hashlib
import os
from typing import Any


def scenario_id(scenario: Any) -> str:
    """A stable id for one behave `Scenario`: path, rule, name and example row, hashed (16 hex).

    Rows of an outline differ by their cells, so that reordering a table keeps every history.
    """
    return hashlib.sha256("\x1f".join(_parts(scenario)).encode()).hexdigest()[:16]


def display_name(scenario: Any) -> str:
    """The scenario's name as people should read it: an outline's row in brackets, no `-- @1.2`."""
    name = str(scenario.name).rsplit(" -- @", 1)[0]
    row = getattr(scenario, "_row", None)
    if row is None or "<" in str(scenario.parent.name):
        return name  # the outline's own name tells its rows apart
    return f"{name} ({', '.join(row.cells)})"


def _parts(scenario: Any) -> list[str]:
    row = getattr(scenario, "_row", None)
    cells = [f"{h}={c}" for h, c in zip(row.headings, row.cells, strict=True)] if row else []
    path = os.path.relpath(str(scenario.filename)).replace(os.sep, "/")
    return [path, _rule_name(scenario), str(scenario.name).rsplit(" -- @", 1)[0], *cells]


def _rule_name(element: Any) -> str:
    parent = getattr(element, "parent", None)
    while parent is not None and type(parent).__name__ != "Feature":
        if type(parent).__name__ == "Rule":
            return str(parent.name)
        parent = parent.parent
    return ""
