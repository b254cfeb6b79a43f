"""What it means: pure functions over a journal that answer passed, failed or unknown."""

from support.checks.accounts import has_account, refreshed, sign_in_still_works, tokens_denied
from support.checks.authorization import (
    acted_as_self_only,
    existence_not_revealed,
    same_conversation,
)
from support.checks.breaker import breaker_closed, breaker_opened, failed_fast
from support.checks.connection_limits import (
    connected_meanwhile,
    connection_cap_enforced,
    unfinished_handshakes_cut,
)
from support.checks.connection_pool import pool_keeps_users_apart, state_survived_reconnect
from support.checks.connections import (
    admitted,
    closed_cleanly,
    connections_freed,
    established_within,
    handshake_refused,
    health_agrees,
    unaffected,
)
from support.checks.devices import announcement_received_by_all, devices_agree, only_user_answered
from support.checks.duplicates import events_shown_once, resent_request_ran_once
from support.checks.event_times import event_times_true
from support.checks.finding import Check, Finding, check
from support.checks.heartbeat import (
    dead_connection_noticed,
    idle_connection_survives,
    pings_answered,
    unresponsive_client_dropped,
)
from support.checks.invariants import INVARIANTS, invariant_failures, invariant_findings
from support.checks.isolation import (
    Violation,
    events_isolated,
    nothing_leaked,
    received_nothing_of,
    tally,
    violations,
)
from support.checks.latency import first_sign_within, latency_within
from support.checks.matchers import holds
from support.checks.memory import memory_levels_off
from support.checks.network_conditions import (
    complete_despite_faults,
    complete_in_the_end,
    network_fault_fired,
    stalled_handshake_over,
)
from support.checks.outage import (
    answered_in_outage,
    let_in_meanwhile,
    outage_reported,
    recovered_from_outage,
    sign_in_recovers,
)
from support.checks.overload import (
    answers_not_slowed,
    flood_disconnected,
    flood_limited,
    memory_bounded,
    memory_flat,
    not_slowed,
    slow_reader_disconnected,
)
from support.checks.reconnect import (
    backed_off,
    no_retry_after_refusal,
    reconnect_gave_up,
    reconnected,
    reconnects_jittered,
    retries_succeed,
)
from support.checks.recovery import (
    accepted_runs_ended,
    cut_off_again,
    resume_refused,
    same_replay,
    was_disconnected,
)
from support.checks.recovery_time import recovered_within
from support.checks.requests import (
    outbox_delivered,
    overflow_reported,
    oversize_refused,
    ran_once,
    rejected_with_error,
)
from support.checks.responsiveness import (
    connected_within,
    every_type_within,
    signed_in_within,
    throughput_at_least,
)
from support.checks.runs import (
    answer_contains,
    answer_right,
    complete_run,
    event_received,
    every_question_answered,
    messages_answered,
)
from support.checks.scopes import forbidden_by_scope, only_operators_announce, reader_received_all
from support.checks.shutdown import restart_announced, runs_survived_restart
from support.checks.stream import (
    missed_events_replayed,
    resumed_where_left,
    run_continued_while_away,
    stream_complete,
)
from support.checks.tls import (
    certificate_lasts,
    certificate_trusted,
    no_outdated_encryption,
    no_plaintext_service,
)
from support.checks.token_expiry import closed_at_token_expiry, token_never_echoed
from support.checks.tools import failed_without_internals, only_that_run_cancelled, results_belong
from support.checks.trend import steady
from support.checks.unmet import Unmet

__all__ = [
    "INVARIANTS",
    "Check",
    "Finding",
    "Unmet",
    "Violation",
    "accepted_runs_ended",
    "acted_as_self_only",
    "admitted",
    "announcement_received_by_all",
    "answer_contains",
    "answer_right",
    "answered_in_outage",
    "answers_not_slowed",
    "backed_off",
    "breaker_closed",
    "breaker_opened",
    "certificate_lasts",
    "certificate_trusted",
    "check",
    "closed_at_token_expiry",
    "closed_cleanly",
    "complete_despite_faults",
    "complete_in_the_end",
    "complete_run",
    "connected_meanwhile",
    "connected_within",
    "connection_cap_enforced",
    "connections_freed",
    "cut_off_again",
    "dead_connection_noticed",
    "devices_agree",
    "established_within",
    "event_received",
    "event_times_true",
    "events_isolated",
    "events_shown_once",
    "every_question_answered",
    "every_type_within",
    "existence_not_revealed",
    "failed_fast",
    "failed_without_internals",
    "first_sign_within",
    "flood_disconnected",
    "flood_limited",
    "forbidden_by_scope",
    "handshake_refused",
    "has_account",
    "health_agrees",
    "holds",
    "idle_connection_survives",
    "invariant_failures",
    "invariant_findings",
    "latency_within",
    "let_in_meanwhile",
    "memory_bounded",
    "memory_flat",
    "memory_levels_off",
    "messages_answered",
    "missed_events_replayed",
    "network_fault_fired",
    "no_outdated_encryption",
    "no_plaintext_service",
    "no_retry_after_refusal",
    "not_slowed",
    "nothing_leaked",
    "only_operators_announce",
    "only_that_run_cancelled",
    "only_user_answered",
    "outage_reported",
    "outbox_delivered",
    "overflow_reported",
    "oversize_refused",
    "pings_answered",
    "pool_keeps_users_apart",
    "ran_once",
    "reader_received_all",
    "received_nothing_of",
    "reconnect_gave_up",
    "reconnected",
    "reconnects_jittered",
    "recovered_from_outage",
    "recovered_within",
    "refreshed",
    "rejected_with_error",
    "resent_request_ran_once",
    "restart_announced",
    "results_belong",
    "resume_refused",
    "resumed_where_left",
    "retries_succeed",
    "run_continued_while_away",
    "runs_survived_restart",
    "same_conversation",
    "same_replay",
    "sign_in_recovers",
    "sign_in_still_works",
    "signed_in_within",
    "slow_reader_disconnected",
    "stalled_handshake_over",
    "state_survived_reconnect",
    "steady",
    "stream_complete",
    "tally",
    "throughput_at_least",
    "token_never_echoed",
    "tokens_denied",
    "unaffected",
    "unfinished_handshakes_cut",
    "unresponsive_client_dropped",
    "violations",
    "was_disconnected",
]
