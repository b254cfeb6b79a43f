"""Which scenarios do not show normal service: something was done to the network or the service."""

from __future__ import annotations

from support.journal import History, records


def disturbed(history: History) -> set[str]:
    """The scenarios under an injected fault, an outage of our making, or deliberate load.

    What was measured in them says nothing about the service in peace; whether they went well is
    for their own steps to say.
    """
    marked = history.of(records.ScenarioStarted, lambda r: r.under_fault or r.under_load)
    return (
        {r.scenario for r in marked}
        | {r.scenario for r in history.of(records.Fault)}
        | {r.scenario for r in history.of(records.Control)}
    )
