"""Criteria that ask for a share of something to have succeeded."""

from __future__ import annotations

from collections.abc import Sequence

from support.approval.criterion import Ruling, lacking, met, short
from support.approval.words import percent, several
from support.journal import History
from support.measures.connections import to_be_admitted


def share(results: Sequence[bool], floor: float, least: int, noun: str, verb: str) -> Ruling:
    """`floor` of all `results` are true, and there are at least so many of them."""
    total, good = len(results), sum(results)
    if total < least:
        seen = several(total, noun.removesuffix("s"))
        return lacking(f"only {seen}", f"Only {seen} seen, of at least {least}.", total)
    measured = percent(good / total)
    ruling = met(measured, total)
    if good / total < floor:
        reason = f"{total - good:,} of {total:,} {noun} {verb}."
        ruling = short(noun, "loss", measured, reason, total)
    return ruling.counted(100 * good / total, 100 * floor, "%")


def admissions(history: History) -> list[bool]:
    """For every connection that should be admitted: was it?"""
    return [story.ready is not None for story in to_be_admitted(history)]
