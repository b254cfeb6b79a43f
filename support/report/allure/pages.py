"""Where Allure's page shows each scenario: what a reason links to."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import msgspec

from support.approval import Outcome
from support.report.allure.packed import data_files

_RESULT = "data/test-results/"


def scenario_pages(page: str, outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Id of a scenario → its part of Allure's page (`#…`).

    Matched by feature and name: a scenario that shares both with another has none, and so have all
    on a page that looks otherwise than Allure 3.18 makes it.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for name, content in data_files(page):
        if name.startswith(_RESULT):
            result: dict[str, Any] = msgspec.json.decode(base64.b64decode(content))
            labels = {one.get("name"): one.get("value") for one in result.get("labels", [])}
            key = str(labels.get("feature")), str(result.get("name"))
            found.setdefault(key, []).append(str(result.get("id")))
    ids = {o.id: found.get((o.feature, o.name), []) for o in outcomes}
    return {scenario: parts[0] for scenario, parts in ids.items() if len(parts) == 1}
