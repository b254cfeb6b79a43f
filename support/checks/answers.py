"""Did a run end as it should, with the right answer, as far as that is known in advance?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from support.checks.durations import duration_problems
from support.checks.wrong import Wrong
from support.journal import History, records
from support.journal.facts import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    TERMINAL_EVENTS,
    TOOL_COMPLETED,
    Asked,
    Cancelling,
    Event,
)


class Promises:
    """What a user's requests may expect: by what they asked, and what they cancelled themselves.

    Where the service was killed, a run may also end as interrupted.
    """

    def __init__(self, history: History, user: str) -> None:
        self.asked: dict[str, Asked] = {s.fact.request_id: s.fact for s in history.asked(user)}
        wishes = history.facts(Cancelling, user=user, direction="sent")
        self._cancelled = {s.fact.run_id for s in wishes}
        self._crashed = bool(history.of(records.Control, lambda c: c.action == "kill"))
        #: Of a run that was interrupted it is not agreed what its duration counts.
        self._interrupted = bool(history.of(records.Control))

    def problems(self, request_id: str, run: Sequence[Event]) -> list[Wrong]:
        """How the run's end, answer and tool results differ from what was asked; empty for one
        without end.

        Durations that cannot be true are among it.
        """
        asked = self.asked.get(request_id)
        end = next((e for e in run if e.type in TERMINAL_EVENTS), None)
        if asked is None or end is None or end.run_id in self._cancelled:
            return []
        if self._crashed and end.type == FAILED and end.data.get("code") == INTERRUPTED:
            return []
        problems = answer_problems(asked, end, response(run)) + result_problems(asked, run)
        return problems if self._interrupted else problems + duration_problems(run)


def answer_problems(asked: Asked, end: Event, said: str) -> list[Wrong]:
    """How the `end` of a run and its answer `said` differ from what was asked."""
    ended = str(end.data.get("status")) if end.type == COMPLETED else "failed"
    if ended != asked.ends:
        return [Wrong("run_misjudged", ended, f"the run ended as {ended}, not as {asked.ends}")]
    lacking = (words for words in asked.answer if words not in said)
    return [Wrong("answer_wrong", COMPLETED, f"the answer lacks “{words}”") for words in lacking]


def result_problems(asked: Asked, run: Sequence[Event]) -> list[Wrong]:
    """The tools that completed well, but never with the word that their result must contain."""
    problems = []
    for tool, word in asked.results.items():
        done = [e.data for e in run if e.type == TOOL_COMPLETED and e.data.get("tool") == tool]
        done = [data for data in done if data.get("ok") is not False and "result" in data]
        results = [result_text(data) for data in done]
        if results and not any(word in result for result in results):
            text = f"the result of {tool} lacks “{word}”"
            problems.append(Wrong("result_wrong", TOOL_COMPLETED, text))
    return problems


def result_text(data: Mapping[str, Any]) -> str:
    """What the tool gave in the data of its `tool_completed`, of any shape, as JSON."""
    return json.dumps(data.get("result"), ensure_ascii=False, sort_keys=True)


def response(run: Sequence[Event]) -> str:
    """The answer of a completed run; empty without one."""
    return next((str(e.data.get("response")) for e in run if e.type == COMPLETED), "")
