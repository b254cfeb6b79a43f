"""THE figures: one definition each, pure functions over a journal, used by everything that shows
or judges one: checks, approval, report and the metrics export."""

from support.measures.clock import Clock, clock_of
from support.measures.connections import (
    connect_s,
    connect_times_ms,
    ping_round_trips_ms,
    sign_in_times_ms,
    to_be_admitted,
)
from support.measures.distribution import Distribution, least_samples
from support.measures.latency import Latencies, latencies_of, latency_of, worst_lag_ms
from support.measures.memory import Memory, memory
from support.measures.questions import (
    EventCount,
    Question,
    asked_at,
    events_by_type,
    first_event_ms,
    live_events,
    questions,
    whole_answer_ms,
)
from support.measures.reconnect import ReconnectFigures, reconnect_figures
from support.measures.recovery import Recovery, recoveries, recovery_ms
from support.measures.run import Figures, RunFigures, figures
from support.measures.scope import normal_service, split, under_fault
from support.measures.slope import Slope, slope_of
from support.measures.spread import LEAST_SAMPLES, QUANTILES, Figure, Spread
from support.measures.throughput import Traffic, answer_rate_per_s, busiest, traffic
from support.measures.trend import Trend, series_of, trend_of

__all__ = [
    "LEAST_SAMPLES",
    "QUANTILES",
    "Clock",
    "Distribution",
    "EventCount",
    "Figure",
    "Figures",
    "Latencies",
    "Memory",
    "Question",
    "ReconnectFigures",
    "Recovery",
    "RunFigures",
    "Slope",
    "Spread",
    "Traffic",
    "Trend",
    "answer_rate_per_s",
    "asked_at",
    "busiest",
    "clock_of",
    "connect_s",
    "connect_times_ms",
    "events_by_type",
    "figures",
    "first_event_ms",
    "latencies_of",
    "latency_of",
    "least_samples",
    "live_events",
    "memory",
    "normal_service",
    "ping_round_trips_ms",
    "questions",
    "reconnect_figures",
    "recoveries",
    "recovery_ms",
    "series_of",
    "sign_in_times_ms",
    "slope_of",
    "split",
    "to_be_admitted",
    "traffic",
    "trend_of",
    "under_fault",
    "whole_answer_ms",
    "worst_lag_ms",
]
