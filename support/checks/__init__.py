"""What it means: pure functions over a journal that answer passed, failed or unknown."""

from support.checks.connections import (
    admitted,
    established_within,
    health_agrees,
    kept_out,
    left_cleanly,
)
from support.checks.finding import Check, Finding, check
from support.checks.heartbeat import pings_answered
from support.checks.isolation import (
    Violation,
    nothing_leaked,
    private,
    saw_nothing_of,
    tally,
    violations,
)
from support.checks.latency import clock_of, latencies, latency_within
from support.checks.matchers import holds
from support.checks.runs import (
    answer_contains,
    complete_run,
    event_received,
    every_question_answered,
)
from support.checks.standing import STANDING, standing_failures
from support.checks.stream import missed_was_replayed, went_on_while_away, whole_story

__all__ = [
    "STANDING",
    "Check",
    "Finding",
    "Violation",
    "admitted",
    "answer_contains",
    "check",
    "clock_of",
    "complete_run",
    "established_within",
    "event_received",
    "every_question_answered",
    "health_agrees",
    "holds",
    "kept_out",
    "latencies",
    "latency_within",
    "left_cleanly",
    "missed_was_replayed",
    "nothing_leaked",
    "pings_answered",
    "private",
    "saw_nothing_of",
    "standing_failures",
    "tally",
    "violations",
    "went_on_while_away",
    "whole_story",
]
