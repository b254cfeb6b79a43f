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
from support.checks.disturbance import disturbed
from support.checks.event_times import event_times_true
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
from support.checks.memory import memory_levels_off
from support.checks.promptness import (
    connected_within,
    every_type_within,
    signed_in_within,
    throughput_at_least,
)
from support.checks.requests import (
    outbox_emptied,
    overflow_told,
    ran_once,
    too_long_refused,
    turned_down,
)
from support.checks.run_figures import Figures, RunFigures, Spread, figures
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
from support.checks.trend import steady

__all__ = [
    "STANDING",
    "Check",
    "Figures",
    "Finding",
    "RunFigures",
    "Spread",
    "Violation",
    "admitted",
    "announced_to_all",
    "answer_contains",
    "answer_right",
    "answered_alone",
    "cancelled_alone",
    "check",
    "clock_of",
    "complete_run",
    "connected_within",
    "connections_freed",
    "devices_agree",
    "disturbed",
    "established_within",
    "event_received",
    "event_times_true",
    "every_question_answered",
    "every_type_within",
    "failed_safely",
    "figures",
    "first_sign_within",
    "health_agrees",
    "holds",
    "kept_out",
    "latencies",
    "latency_within",
    "left_cleanly",
    "memory_levels_off",
    "missed_was_replayed",
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
    "signed_in_within",
    "silence_noticed",
    "silent_user_dropped",
    "standing_failures",
    "standing_findings",
    "steady",
    "tally",
    "throughput_at_least",
    "too_long_refused",
    "turned_down",
    "undisturbed",
    "violations",
    "went_on_while_away",
    "whole_story",
]
