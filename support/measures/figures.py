"""All figures of a run, of normal service and apart from it under faults: one pure function.

Whatever is shown of a run, anywhere, is one of these. What is measured of a part of a run (a
scenario, some users) is measured by the same functions, over that part.
"""

from __future__ import annotations

from dataclasses import dataclass

from support.journal import History, records
from support.measures.clock import Clock, clock_of
from support.measures.connections import (
    connect_times_ms,
    ping_round_trips_ms,
    sign_in_times_ms,
)
from support.measures.distribution import Distribution
from support.measures.lag import usual_lag_ms, worst_lag_ms
from support.measures.latency import Latencies, latencies_of
from support.measures.memory import MemoryFigures, memory
from support.measures.questions import (
    EventCount,
    Question,
    events_by_type,
    first_event_ms,
    first_token_ms,
    questions,
    whole_answer_ms,
)
from support.measures.reconnect import ReconnectFigures, reconnect_figures
from support.measures.recovery import Recovery, recoveries
from support.measures.scope import split
from support.measures.throughput import Traffic, busiest, traffic


@dataclass(frozen=True)
class ServiceFigures:
    """What was measured in `scenarios` scenarios of one kind. Times are in ms.

    `latency` is of the events that `timed` is about; `timed` is None where the two clocks could
    not be compared. `answers_per_s` and `answers_per_minute` are the busiest second and minute.
    `lag_ms` is the worst lateness of our own event loop: by so much figures may be too high;
    `usual_lag_ms` is that of the worst moment of an ordinary second.
    """

    scenarios: int
    timed: Latencies | None
    first_event: Distribution
    first_token: Distribution
    whole_answer: Distribution
    connect: Distribution
    sign_in: Distribution
    ping: Distribution
    asked: tuple[Question, ...]
    events: dict[str, EventCount]
    answers_per_s: int
    answers_per_minute: int
    lag_ms: float
    usual_lag_ms: float

    @property
    def latency(self) -> Distribution:
        """Event latency; without a sample where the clocks could not be compared."""
        return self.timed.values if self.timed else Distribution()

    @property
    def questions_asked(self) -> int:
        """How many questions were asked."""
        return len(self.asked)

    @property
    def questions_ended(self) -> int:
        """How many of them came to the end of their run, whatever its result."""
        return sum(question.ended for question in self.asked)

    @property
    def events_received(self) -> int:
        """All events on all connections, replays and second devices included."""
        return sum(count.seen for count in self.events.values())


@dataclass(frozen=True)
class Figures:
    """The figures of normal service, and apart from them those under faults, outages and load.

    `clock` is the deployment's clock against ours, which corrects latencies (None: it is not
    known, and so are they). The others are of all scenarios together; `drops` are what became of
    everybody who was cut off (`recoveries`), `recovery_first` and `recovery_whole` their times.
    """

    clock: Clock | None
    normal: ServiceFigures
    under_fault: ServiceFigures
    memory: MemoryFigures
    traffic: Traffic
    reconnects: ReconnectFigures
    drops: tuple[Recovery, ...]

    @property
    def recovery_first(self) -> Distribution:
        """From each drop to the first missed event."""
        return Distribution.of(r.first_ms for r in self.drops if r.first_ms is not None)

    @property
    def recovery_whole(self) -> Distribution:
        """From each drop to the whole story, where it came."""
        return Distribution.of(r.whole_ms for r in self.drops if r.whole_ms is not None)


def figures(history: History, wall: float) -> Figures:
    """The figures of a journal; `wall` is Unix seconds at its zero."""
    clock = clock_of(history, wall)
    normal, under_fault = split(history)
    return Figures(
        clock=clock,
        normal=_figures(normal, clock, wall),
        under_fault=_figures(under_fault, clock, wall),
        memory=memory(history),
        traffic=traffic(history),
        reconnects=reconnect_figures(history),
        drops=tuple(recoveries(history)),
    )


def _figures(history: History, clock: Clock | None, wall: float) -> ServiceFigures:
    asked = questions(history)
    answered = [q.answered_t for q in asked if q.answered_t is not None]
    return ServiceFigures(
        scenarios=len(history.of(records.ScenarioStarted)),
        timed=latencies_of(history, clock, wall) if clock else None,
        first_event=Distribution.of(first_event_ms(asked)),
        first_token=Distribution.of(first_token_ms(asked)),
        whole_answer=Distribution.of(whole_answer_ms(asked)),
        connect=Distribution.of(connect_times_ms(history)),
        sign_in=Distribution.of(sign_in_times_ms(history)),
        ping=Distribution.of(ping_round_trips_ms(history)),
        asked=tuple(asked),
        events=events_by_type(history, asked),
        answers_per_s=busiest(answered, 1.0),
        answers_per_minute=busiest(answered, 60.0),
        lag_ms=worst_lag_ms(history),
        usual_lag_ms=usual_lag_ms(history),
    )
