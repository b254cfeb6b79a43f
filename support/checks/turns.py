"""Runs that the deployment starts by itself: whose they are, and which are none."""

from __future__ import annotations

from support.checks.answers import response
from support.journal import History
from support.journal.facts import FAILED, Event


def own_turns(history: History, user: str) -> set[str]:
    """The runs that the deployment says it has started for this user by itself.

    Not those that bring the answer to somebody's question: a run that is repeated, or sent to
    others, is no turn, whatever it is called.
    """
    return {run for run in told_turns(history, user) if not _answers(history, user, run)}


def told_turns(history: History, user: str) -> set[str]:
    """The runs that the deployment says it has started for this user, whatever they bring."""
    return {run for run, users in history.turns.items() if user in users}


def _answers(history: History, user: str, run_id: str) -> bool:
    """True where the run ends with the words of one that was asked for, or with the right ones."""
    events = [s.fact for s in history.events_of_run(user, run_id)]
    said = response(events)
    if not said:
        return any(event.type == FAILED for event in events)  # nobody opens with a failure
    right = (seen.fact.answer for seen in history.asked())
    if any(words and all(word in said for word in words) for words in right):
        return True
    return said in history.answer(_answers_given)


def _answers_given(history: History) -> set[str]:
    """The words with which runs have ended that somebody asked for."""
    runs: dict[str, list[Event]] = {}
    for seen in history.facts(Event):
        if seen.fact.run_id in history.runs:
            runs.setdefault(seen.fact.run_id, []).append(seen.fact)
    return {response(run) for run in runs.values()}
