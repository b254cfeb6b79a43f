"""What it means: pure functions over a journal that answer passed, failed or unknown."""

from support.checks.connections import (
    admitted,
    connections_freed,
    established_within,
    health_agrees,
    kept_out,
    left_cleanly,
    undisturbed,
)
from support.checks.devices import announced_to_all, answered_alone, devices_agree
from support.checks.door import capped, slow_handshakes_cut
from support.checks.finding import Check, Finding, check
from support.checks.heartbeat import (
    pings_answered,
    quiet_line_survives,
    silence_noticed,
    silent_user_dropped,
)
from support.checks.isolation import (
    Violation,
    nothing_leaked,
    private,
    saw_nothing_of,
    tally,
    violations,
)
from support.checks.latency import clock_of, first_sign_within, latencies, latency_within
from support.checks.matchers import holds
from support.checks.overload import (
    answers_not_slowed,
    flood_cut,
    flood_limited,
    memory_flat,
    not_slowed,
    unread_ended,
)
from support.checks.requests import (
    outbox_emptied,
    overflow_told,
    ran_once,
    too_long_refused,
    turned_down,
)
from support.checks.runs import (
    answer_contains,
    answer_right,
    complete_run,
    event_received,
    every_question_answered,
)
from support.checks.shutdown import restart_announced, runs_carried_over
from support.checks.standing import STANDING, standing_failures, standing_findings
from support.checks.stream import missed_was_replayed, picked_up, went_on_while_away, whole_story
from support.checks.tools import cancelled_alone, failed_safely, results_belong

__all__ = [
    "STANDING",
    "Check",
    "Finding",
    "Violation",
    "admitted",
    "announced_to_all",
    "answer_contains",
    "answer_right",
    "answered_alone",
    "answers_not_slowed",
    "cancelled_alone",
    "capped",
    "check",
    "clock_of",
    "complete_run",
    "connections_freed",
    "devices_agree",
    "established_within",
    "event_received",
    "every_question_answered",
    "failed_safely",
    "first_sign_within",
    "flood_cut",
    "flood_limited",
    "health_agrees",
    "holds",
    "kept_out",
    "latencies",
    "latency_within",
    "left_cleanly",
    "memory_flat",
    "missed_was_replayed",
    "not_slowed",
    "nothing_leaked",
    "outbox_emptied",
    "overflow_told",
    "picked_up",
    "pings_answered",
    "private",
    "quiet_line_survives",
    "ran_once",
    "restart_announced",
    "results_belong",
    "runs_carried_over",
    "saw_nothing_of",
    "silence_noticed",
    "silent_user_dropped",
    "slow_handshakes_cut",
    "standing_failures",
    "standing_findings",
    "tally",
    "too_long_refused",
    "turned_down",
    "undisturbed",
    "unread_ended",
    "violations",
    "went_on_while_away",
    "whole_story",
]
