"""What a scenario is called in a report: capability, category, requirement rows, description."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from support.approval.scenario_id import display_name, scenario_id

#: The label by which a result is matched with the outcome of the same scenario.
ID_LABEL = "greenlight_id"

#: Business capability by category, in the order an approver reads them.
CAPABILITIES = {
    "functional": "Conversations",
    "integration": "Message delivery & journeys",
    "security": "Privacy & security",
    "resilience": "Recovery",
    "performance": "Speed",
    "stress": "Under load",
}
OTHER_CAPABILITY = "Everything else"

_ROW = re.compile(r"[A-Z]\d{1,2}")


def capability(category: str) -> str:
    """The business capability of a category, for people."""
    return CAPABILITIES.get(category, OTHER_CAPABILITY)


def category_of(scenario: Any) -> str:
    """The category by tag — the scenario's own before its rule's and feature's —, else by folder.

    The folder is the one below `features/`; empty when there is neither.
    """
    for element in lineage(scenario):
        for tag in element.tags:
            if str(tag) in CAPABILITIES:
                return str(tag)
    folders = PurePosixPath(str(scenario.filename).replace("\\", "/")).parts[:-1]
    return next((folder for folder in reversed(folders) if folder in CAPABILITIES), "")


def lineage(element: Any) -> list[Any]:
    """The element itself and what it stands in: scenario, outline, rule, feature."""
    found = []
    while element is not None:
        found.append(element)
        element = getattr(element, "parent", None)
    return found


def rows_of(scenario: Any) -> list[str]:
    """The requirement rows a scenario covers, from tags such as `@H1`, sorted."""
    return sorted({str(tag) for tag in scenario.effective_tags if _ROW.fullmatch(str(tag))})


def rule_of(scenario: Any) -> str:
    """The name of the `Rule:` a scenario stands in, or nothing."""
    return next((str(e.name) for e in lineage(scenario) if type(e).__name__ == "Rule"), "")


def labels_of(scenario: Any) -> list[tuple[str, str]]:
    """Name and value of every label of a scenario's result."""
    feature = str(scenario.feature.name) or str(scenario.filename)
    critical = "critical" in scenario.effective_tags
    labels = [
        (ID_LABEL, scenario_id(scenario)),
        ("epic", capability(category_of(scenario))),
        ("feature", feature),
        ("severity", "critical" if critical else "normal"),
        ("framework", "behave"),
        ("language", "python"),
    ]
    if rule := rule_of(scenario):
        labels.append(("story", rule))
    return labels + [("tag", row) for row in rows_of(scenario)]


def title_path(scenario: Any) -> list[str]:
    """Where a scenario stands, for people: capability, feature, rule."""
    feature = str(scenario.feature.name) or str(scenario.filename)
    path = [capability(category_of(scenario)), feature, rule_of(scenario)]
    return [part for part in path if part]


def description_of(scenario: Any) -> str:
    """Why the scenario exists: its own free text, else its rule's, else its feature's."""
    for element in lineage(scenario):
        lines = [str(line).strip() for line in getattr(element, "description", None) or []]
        if text := "\n".join(lines).strip():
            return text
    return ""


def full_name(scenario: Any) -> str:
    """Path and name; it shows where to look and identifies nothing."""
    return f"{scenario.filename} - {display_name(scenario)}"
