"""What the agent will do about a message: worked out from its words alone, always the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from support.reference.tools import ARITHMETIC

THINK = re.compile(r"\bthink for (\d{1,6}) ?ms\b", re.IGNORECASE)
FAIL = re.compile(r"\bfail with ([A-Za-z0-9_-]{1,64})", re.IGNORECASE)
KEYWORD = r"(?:search|remember|recall|fail with|think for|what is|calculate)\b"
CLAUSE = re.compile(
    rf"[;\n]|[.!?](?=\s|$)|,?\s+(?:and\s+)?then\s+|,?\s+and\s+(?={KEYWORD})|,\s*(?={KEYWORD})",
    re.IGNORECASE,
)
COMMAND = re.compile(r"\b(search|remember|recall)\b(?:\s+(?:for|that)\b)?[:\s]*(.*)", re.IGNORECASE)
QUERY_CHARACTERS = 200


@dataclass(frozen=True)
class Call:
    """One tool call. ``number`` counts the calls of a run from 0."""

    number: int
    tool: str
    arguments: dict[str, str]


@dataclass(frozen=True)
class Plan:
    """A run before it happens. ``plain`` when the message asks for nothing in particular."""

    wait_ms: int
    failure: str | None
    calls: list[Call] = field(default_factory=list)
    plain: bool = False


def plan(content: str) -> Plan:
    """Return what the agent does about ``content``."""
    wait, failure = THINK.search(content), FAIL.search(content)
    wanted = [call for clause in CLAUSE.split(content) for call in _calls(clause)]
    plain = not wanted and failure is None
    if plain:
        wanted = [("knowledge_search", {"query": content[:QUERY_CHARACTERS]})]
    return Plan(
        int(wait[1]) if wait else 0,
        failure[1] if failure else None,
        [Call(number, tool, arguments) for number, (tool, arguments) in enumerate(wanted)],
        plain,
    )


def _calls(clause: str) -> list[tuple[str, dict[str, str]]]:
    command = COMMAND.search(clause)
    sums = clause[: command.start()] if command else clause
    found = [("calculator", {"expression": text}) for text in ARITHMETIC.findall(sums)]
    if command is None:
        return found
    verb, rest = command[1].lower(), command[2].strip()
    if verb == "recall":
        return [*found, ("notebook", {"action": "recall"})]
    if not rest:
        return found
    if verb == "remember":
        return [*found, ("notebook", {"action": "remember", "note": rest})]
    return [*found, ("knowledge_search", {"query": rest[:QUERY_CHARACTERS]})]
