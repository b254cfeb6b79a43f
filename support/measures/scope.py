"""Normal service, or under a fault: which scenarios a figure is about.

Every figure is of one of the two, and says which. A scenario is under a fault when something was
done to the network or the service, or when it puts load on the service on purpose: what was
measured in it says nothing about normal service.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from support.journal import History, records

#: What was split once: every figure and several criteria ask for the same parts.
_SPLIT: WeakKeyDictionary[History, tuple[History, History]] = WeakKeyDictionary()


def under_fault(history: History) -> set[str]:
    """The scenarios under an injected fault, an outage of our making, or deliberate load."""
    marked = history.of(records.ScenarioStarted, lambda r: r.under_load)
    return (
        {r.scenario for r in marked}
        | {r.scenario for r in history.of(records.Fault)}
        | {r.scenario for r in history.of(records.Control)}
    )


def normal_service(history: History) -> History:
    """What happened in scenarios that are under no fault."""
    return split(history)[0]


def split(history: History) -> tuple[History, History]:
    """The records of normal service, and those under a fault. Nothing is in both or in neither."""
    if history not in _SPLIT:
        excluded = under_fault(history)
        _SPLIT[history] = (
            History([r for r in history.records if r.scenario not in excluded]),
            History([r for r in history.records if r.scenario in excluded]),
        )
    return _SPLIT[history]
