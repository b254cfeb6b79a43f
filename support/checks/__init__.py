"""What it means: pure functions over a journal that answer passed, failed or unknown."""

from support.checks.accounts import has_account, refreshed, still_signs_in, turned_away
from support.checks.bad_network import story_in_the_end, was_like_that
from support.checks.breaker import breaker_closed, breaker_opened, failed_fast
from support.checks.connections import (
    admitted,
    connections_freed,
    established_within,
    health_agrees,
    kept_out,
    left_cleanly,
    undisturbed,
)
from support.checks.continuity import given_back_alone, went_on_as_before
from support.checks.devices import announced_to_all, answered_alone, devices_agree
from support.checks.door import capped, connected_meanwhile, unfinished_handshakes_cut
from support.checks.event_times import event_times_true
from support.checks.expiry import ended_with_token, never_echoed
from support.checks.finding import Check, Finding, check
from support.checks.healing import (
    backed_off,
    came_back,
    gave_up,
    not_insisting,
    retries_succeed,
    spread_out,
)
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
from support.checks.latency import first_sign_within, latency_within
from support.checks.matchers import holds
from support.checks.memory import memory_levels_off
from support.checks.outage import (
    answered_in_outage,
    let_in_meanwhile,
    outage_admitted,
    outage_over,
    signs_in_again,
)
from support.checks.overload import (
    answers_not_slowed,
    flood_cut,
    flood_limited,
    memory_bounded,
    memory_flat,
    not_slowed,
    unread_ended,
)
from support.checks.promptness import (
    connected_within,
    every_type_within,
    signed_in_within,
    throughput_at_least,
)
from support.checks.recovery import (
    accepted_kept,
    cut_off,
    cut_off_again,
    same_replay,
    told_not_recovered,
)
from support.checks.recovery_time import recovered_within
from support.checks.repeats import sent_again_ran_once, shown_once
from support.checks.requests import (
    outbox_emptied,
    overflow_told,
    ran_once,
    too_long_refused,
    turned_down,
)
from support.checks.rights import forbidden, only_operators_heard, read_along
from support.checks.runs import (
    answer_contains,
    answer_right,
    complete_run,
    event_received,
    every_question_answered,
    messages_answered,
)
from support.checks.shutdown import restart_announced, runs_carried_over
from support.checks.standing import STANDING, standing_failures, standing_findings
from support.checks.stream import missed_was_replayed, picked_up, went_on_while_away, whole_story
from support.checks.tls import (
    certificate_lasts,
    line_trusted,
    no_outdated_encryption,
    nothing_in_the_open,
)
from support.checks.tools import cancelled_alone, failed_safely, results_belong
from support.checks.trend import steady
from support.checks.trespass import own_name_alone, same_conversation, told_nothing
from support.checks.unmet import Unmet

__all__ = [
    "STANDING",
    "Check",
    "Finding",
    "Unmet",
    "Violation",
    "accepted_kept",
    "admitted",
    "announced_to_all",
    "answer_contains",
    "answer_right",
    "answered_alone",
    "answered_in_outage",
    "answers_not_slowed",
    "backed_off",
    "breaker_closed",
    "breaker_opened",
    "came_back",
    "cancelled_alone",
    "capped",
    "certificate_lasts",
    "check",
    "complete_run",
    "connected_meanwhile",
    "connected_within",
    "connections_freed",
    "cut_off",
    "cut_off_again",
    "devices_agree",
    "ended_with_token",
    "established_within",
    "event_received",
    "event_times_true",
    "every_question_answered",
    "every_type_within",
    "failed_fast",
    "failed_safely",
    "first_sign_within",
    "flood_cut",
    "flood_limited",
    "forbidden",
    "gave_up",
    "given_back_alone",
    "has_account",
    "health_agrees",
    "holds",
    "kept_out",
    "latency_within",
    "left_cleanly",
    "let_in_meanwhile",
    "line_trusted",
    "memory_bounded",
    "memory_flat",
    "memory_levels_off",
    "messages_answered",
    "missed_was_replayed",
    "never_echoed",
    "no_outdated_encryption",
    "not_insisting",
    "not_slowed",
    "nothing_in_the_open",
    "nothing_leaked",
    "only_operators_heard",
    "outage_admitted",
    "outage_over",
    "outbox_emptied",
    "overflow_told",
    "own_name_alone",
    "picked_up",
    "pings_answered",
    "private",
    "quiet_line_survives",
    "ran_once",
    "read_along",
    "recovered_within",
    "refreshed",
    "restart_announced",
    "results_belong",
    "retries_succeed",
    "runs_carried_over",
    "same_conversation",
    "same_replay",
    "saw_nothing_of",
    "sent_again_ran_once",
    "shown_once",
    "signed_in_within",
    "signs_in_again",
    "silence_noticed",
    "silent_user_dropped",
    "spread_out",
    "standing_failures",
    "standing_findings",
    "steady",
    "still_signs_in",
    "story_in_the_end",
    "tally",
    "throughput_at_least",
    "told_not_recovered",
    "told_nothing",
    "too_long_refused",
    "turned_away",
    "turned_down",
    "undisturbed",
    "unfinished_handshakes_cut",
    "unread_ended",
    "violations",
    "was_like_that",
    "went_on_as_before",
    "went_on_while_away",
    "whole_story",
]
