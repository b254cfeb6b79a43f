"""Words that several criteria share."""

from __future__ import annotations

from math import floor

from support.checks.counts import several as several


def first_line(text: str) -> str:
    """The line that says what was seen instead; else the first after the step's own."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    seen = [line.removeprefix("but: ") for line in lines if line.startswith("but: ")]
    return (seen or lines[1:] or lines or ["no reason given"])[0].rstrip(".") + "."


def capital(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def percent(share: float, digits: int = 1) -> str:
    """`99.9%`; cut, not rounded.

    A share below 100% is never shown as 100%, nor one below a limit as the limit.
    """
    parts = 10**digits
    return f"{floor(round(100 * share * parts, 6)) / parts:.{digits}f}%"
