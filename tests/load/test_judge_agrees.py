"""The judge of a load run and the checks of a journal say the same about the same frames.

Every history is made of native messages that go through the dialect and the redactor as in the
client; the judge hears each of them, and the checks read the journal that is left.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from histories import ALICE, BOB, CAROL, EPOCH, WALL, Wire, canary_of, id_of
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from support.checks.invariants import LEAK, invariant_findings
from support.checks.runs import every_question_answered
from support.checks.stream import resume_problems
from support.journal import facts
from support.journal.records.load import BROKEN_RUN, STREAM
from support.load.judge import KEPT, UserJudge
from support.load.ownership import Ownership

PEOPLE = (ALICE, BOB, CAROL)


class Twin(Wire):
    """A journal and a judge for each user, fed with the same messages."""

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__()
        self.kept = kept
        self.found: dict[str, list[str]] = {}
        self.ownership = Ownership()
        self.judges: dict[str, UserJudge] = {}
        self.asked_by: Counter[str] = Counter()
        self.position: Counter[str] = Counter()
        for user in PEOPLE:
            self.meets(user)

    def connects(self, user: str, **what: Any) -> str:
        if user not in self.judges:
            self.judges[user] = UserJudge(
                user, id_of(user), self.ownership, self.report, kept=self.kept
            )
        self.judges[user].connect()
        return super().connects(user, **what)

    def report(self, pattern: str, text: str) -> None:
        self.found.setdefault(pattern, []).append(text)

    def _frame(self, user: str, direction: str, said: Any, **what: Any) -> None:
        super()._frame(user, direction, said, **what)
        if direction == "received":
            self.judges[user].heard(said)
            self.judges[user].mentioned(what.get("mentions", ()))
        else:
            for fact in said:
                self.judges[user].sent(fact)

    def finish(self) -> None:
        """Everybody makes a round trip, and nothing more comes."""
        for user in PEOPLE:
            self.fence(user)
        for judge in self.judges.values():
            judge.finish(stayed=True)

    @property
    def by_checks(self) -> set[str]:
        """The failure patterns that the checks find."""
        history = self.history
        found = {n for n, f in invariant_findings(history).items() if f.state == "failed"}
        for user in PEOPLE:
            if any(resume_problems(c) for c in history.connections_of(user)):
                found.add(STREAM)
            if history.asked(user) and every_question_answered(user, 1)(history).state == "failed":
                found.add(BROKEN_RUN)
        return found

    def messages(self, user: str, run: str) -> list[dict[str, Any]]:
        """The native messages of a whole run, at the user's next positions."""
        call = {"tool": "calculator", "call_id": f"{run}-c"}
        data = [
            ("agent_started", {"agent": "helper", "request": f"about {canary_of(user)}"}),
            ("agent_thinking", {"text": "hm", "step": 1}),
            ("tool_executing", {**call, "arguments": {}}),
            ("tool_completed", {**call, "result": "84", "ok": True, "duration_ms": 1}),
            ("agent_completed", {"response": "It is 84.", "status": "succeeded", "duration_ms": 5}),
        ]
        return [
            {
                "type": kind,
                "event_id": self.position[user] + number,
                "epoch": EPOCH,
                "run_id": run,
                "thread_id": f"thread-of-{run}",
                "user_id": id_of(user),
                "timestamp": WALL,
                "data": data,
            }
            for number, (kind, data) in enumerate(data, start=1)
        ]

    def question(self, user: str) -> list[dict[str, Any]]:
        """The user asks, and is accepted; the messages that should follow."""
        self.asked_by[user] += 1
        run = f"run-{self.asked_by[user]}-of-{user[4:].lower()}"
        self.says(user, facts.Asked(request_id=f"q-{run}", answer=("84",)))
        self.redactor.add_identifier(run, "run", user)
        self.redactor.add_identifier(f"thread-of-{run}", "thread", user)
        self.arrives(
            user,
            {
                "type": "accepted",
                "request_id": f"q-{run}",
                "run_id": run,
                "thread_id": f"thread-of-{run}",
                "duplicate": False,
            },
        )
        messages = self.messages(user, run)
        self.position[user] += len(messages)
        return messages

    def resumes_after(self, user: str, after: int, missed: int, **answer: Any) -> None:
        """The user's connection is cut; they come back and ask for what they missed."""
        self.cut(user)
        self.connects(user, position=after + missed)
        self.says(user, facts.Subscribing(epoch=EPOCH, after=after))
        named = {"from": after + 1, "to": after + missed} if missed else {"from": 0, "to": 0}
        told = {"recovered": True, **named, "count": missed, "reason": None, **answer}
        self.arrives(user, {"type": "subscribed", **told})

    def returns_live(
        self, user: str, *, asks: str = "", lost: int = 0, early: int = 0, answered: bool = True
    ) -> None:
        """The user's connection is cut; they come back, and ask for nothing that they missed.

        `asks` says when they ask a question on the new connection: "before" the subscription or its
        "answer". The first `lost` events of its run never arrive, and the next `early` before the
        subscription is `answered`.
        """
        self.cut(user)
        self.connects(user, position=self.position[user])
        said = self.question(user) if asks == "before" else []
        self.says(user, facts.Subscribing())
        if asks == "answer":
            said = self.question(user)
        for message in said[lost : lost + early]:
            self.arrives(user, message)
        if answered:
            self.hears(user, facts.Subscribed(recovered=True, first=0, last=0, count=0))
        for message in said[lost + early :]:
            self.arrives(user, message)


def agree(twin: Twin) -> None:
    twin.finish()
    assert set(twin.found) == twin.by_checks, twin.found


# --- one change at a time: what it is must be found by both


def _leak_of_a_secret(twin: Twin, said: list[dict[str, Any]]) -> None:
    said[4]["data"]["response"] += canary_of(BOB)


def _anothers_event(twin: Twin, said: list[dict[str, Any]]) -> None:
    said[1]["user_id"] = id_of(BOB)


def _anothers_run(twin: Twin, said: list[dict[str, Any]]) -> None:
    twin.redactor.add_identifier("run-9-of-bob", "run", BOB)
    twin.says(BOB, facts.Asked(request_id="q9"))
    twin.hears(BOB, facts.Accepted(request_id="q9", run_id="run-9-of-bob", thread_id="thread-9"))
    said[1]["run_id"] = "run-9-of-bob"


def _missing(twin: Twin, said: list[dict[str, Any]]) -> None:
    del said[2]


def _twice(twin: Twin, said: list[dict[str, Any]]) -> None:
    said.insert(2, said[1])


def _swapped(twin: Twin, said: list[dict[str, Any]]) -> None:
    said[1], said[2] = said[2], said[1]


def _no_end(twin: Twin, said: list[dict[str, Any]]) -> None:
    del said[4]


def _two_ends(twin: Twin, said: list[dict[str, Any]]) -> None:
    said.append({**said[4], "event_id": said[4]["event_id"] + 1})
    twin.position[ALICE] += 1


def _wrong_answer(twin: Twin, said: list[dict[str, Any]]) -> None:
    said[4]["data"]["response"] = "It is 85."


def _failed(twin: Twin, said: list[dict[str, Any]]) -> None:
    said[4] |= {"type": "agent_failed", "data": {"code": "E", "message": "no"}}


def _other_thread(twin: Twin, said: list[dict[str, Any]]) -> None:
    said[2]["thread_id"] = "a-thread-of-nobody"


def _stranger(twin: Twin, said: list[dict[str, Any]]) -> None:
    said[1]["run_id"] = "a-run-of-nobody"


def _other_epoch(twin: Twin, said: list[dict[str, Any]]) -> None:
    for message in said[2:]:
        message["epoch"] = "e-2"


def _field_missing(twin: Twin, said: list[dict[str, Any]]) -> None:
    del said[1]["data"]["text"]


def _garbage(twin: Twin, said: list[dict[str, Any]]) -> None:
    said.insert(1, "{half a message")  # type: ignore[arg-type]


def _impossible(twin: Twin, said: list[dict[str, Any]]) -> None:
    said[4]["event_id"] = 2**60


def _asked_again(twin: Twin, said: list[dict[str, Any]]) -> None:
    again = {"type": "accepted", "request_id": "q-run-2-of-alice", "run_id": said[0]["run_id"]}
    said.insert(1, {**again, "thread_id": said[0]["thread_id"], "duplicate": True})


CHANGES = {
    function.__name__.strip("_"): function
    for function in (
        *(_leak_of_a_secret, _anothers_event, _anothers_run, _missing, _twice, _swapped, _no_end),
        *(_two_ends, _wrong_answer, _failed, _other_thread, _stranger, _other_epoch),
        *(_field_missing, _garbage, _impossible, _asked_again),
    )
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_wrong_is_found_by_both_and_is_the_same(change: str) -> None:
    twin = Twin()
    for message in twin.question(ALICE):
        twin.arrives(ALICE, message)
    said = twin.question(ALICE)
    CHANGES[change](twin, said)
    for message in said:
        twin.arrives(ALICE, message)
    agree(twin)
    assert twin.found, "nothing was found"


@pytest.mark.parametrize("later", [0, 1, 3], ids="{} runs later".format)
def test_a_second_end_is_found_however_few_runs_are_remembered(later: int) -> None:
    twin = Twin(kept=1)
    ended = twin.question(ALICE)
    for message in ended:
        twin.arrives(ALICE, message)
    for _ in range(later):
        for message in twin.question(ALICE):
            twin.arrives(ALICE, message)
    twin.position[ALICE] += 1
    twin.arrives(ALICE, {**ended[-1], "event_id": twin.position[ALICE]})
    agree(twin)
    assert set(twin.found) == {BROKEN_RUN}


def test_events_before_their_runs_are_accepted_are_kept_however_few_runs_are_remembered() -> None:
    twin, runs = Twin(kept=1), ("run-1", "run-2", "run-3")
    for run in runs:
        twin.says(ALICE, facts.Asked(request_id=f"q-{run}", answer=("84",)))
    for run in runs:
        messages = twin.messages(ALICE, run)
        twin.position[ALICE] += len(messages)
        for message in messages:
            twin.arrives(ALICE, message)
    for run in runs:
        thread = f"thread-of-{run}"
        late = facts.Accepted(request_id=f"q-{run}", run_id=run, thread_id=thread, late=True)
        twin.hears(ALICE, late)
    agree(twin)
    assert not twin.found


@pytest.mark.parametrize(("later", "found"), [(0, True), (KEPT - 1, True), (KEPT, False)])
def test_ids_that_may_come_once_are_remembered_up_to_a_bound(later: int, found: bool) -> None:
    said: list[str] = []
    judge = UserJudge(ALICE, None, Ownership(), lambda pattern, text: said.append(pattern))
    for number in (0, *range(1, later + 1), 0):
        event = facts.Event(type="agent_thinking", id=f"e-{number}", run_id="run-1", once=True)
        judge.event(event)
    assert (STREAM in said) == found


def test_neither_finds_anything_in_what_is_right() -> None:
    twin = Twin()
    for user in PEOPLE * 2:
        for message in twin.question(user):
            twin.arrives(user, message)
    said = twin.question(ALICE)
    twin.arrives(ALICE, said[0])
    twin.resumes_after(ALICE, said[0]["event_id"], 2)
    for message in said[1:]:
        twin.arrives(ALICE, message)
    agree(twin)
    assert not twin.found


@pytest.mark.parametrize(
    ("answer", "lost"),
    [
        ({"count": 3}, ()),
        ({}, (1,)),
        ({"from": 1}, ()),
        ({"recovered": False, "reason": "expired", "from": 0, "to": 0, "count": 0}, ()),
        ({"count": 0, "from": 0, "to": 0}, (1, 2)),
    ],
)
def test_both_find_what_a_resume_gets_wrong(answer: dict[str, Any], lost: tuple[int, ...]) -> None:
    twin = Twin()
    said = twin.question(ALICE)
    twin.arrives(ALICE, said[0])
    twin.resumes_after(ALICE, said[0]["event_id"], 2, **answer)
    for number, message in enumerate(said[1:], start=1):
        if number not in lost:
            twin.arrives(ALICE, message)
    agree(twin)
    assert STREAM in twin.found


def test_an_event_that_comes_before_its_owner_is_known_is_a_leak_in_the_end() -> None:
    twin = Twin()
    twin.position[ALICE] += 1
    early = {**twin.messages(ALICE, "run-1-of-bob")[0], "event_id": 1}
    twin.arrives(ALICE, early)
    for message in twin.question(BOB):
        twin.arrives(BOB, message)
    agree(twin)
    assert LEAK in twin.found


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(
    returns=st.lists(
        st.fixed_dictionaries(
            {
                "asks": st.sampled_from(["", "before", "answer"]),
                "lost": st.integers(0, 5),
                "early": st.integers(0, 2),
                "answered": st.booleans(),
            }
        ),
        min_size=1,
        max_size=3,
    ),
    asked_before=st.booleans(),
)
def test_both_know_where_a_live_subscription_begins(
    returns: list[dict[str, Any]], asked_before: bool
) -> None:
    twin = Twin()
    if asked_before:  # accepted, and nothing of the run was seen
        twin.question(ALICE)
        twin.position[ALICE] = 0
    for how in returns:
        twin.returns_live(ALICE, **how)
    for message in twin.question(ALICE):
        twin.arrives(ALICE, message)
    agree(twin)


@pytest.mark.parametrize("change", ["", "missing", "to another", "asked for", "after its events"])
def test_both_judge_runs_that_the_service_starts_by_itself(change: str) -> None:
    twin = Twin()
    for message in twin.question(ALICE):
        twin.arrives(ALICE, message)
    run = "run-1-of-alice" if change == "asked for" else "run-of-the-service"
    said = [] if change == "asked for" else twin.messages(ALICE, run)
    if change == "missing":
        del said[3]
    if change != "after its events":
        twin.hears(ALICE, facts.Turn(run_id=run))
    for message in said:
        twin.arrives(BOB if change == "to another" else ALICE, message)
    if change == "after its events":
        twin.hears(ALICE, facts.Turn(run_id=run))
    agree(twin)
    assert bool(twin.found) is (change in ("missing", "to another", "asked for"))


def test_both_miss_the_first_event_of_a_stream_that_was_heard_from_its_start() -> None:
    twin = Twin()
    for message in twin.question(ALICE)[1:]:
        twin.arrives(ALICE, message)
    agree(twin)
    assert STREAM in twin.found


# --- any number of changes, in any order

ACTIONS = st.sampled_from(["ask", "ask", "ask", "next", "next", "next", "next", "drop", "odd"])
ODD = st.sampled_from(
    ["skip", "again", "later", "to another", "no run", "bare", "secret", "end", "epoch"]
)


def _odd(twin: Twin, user: str, queue: list[dict[str, Any]], how: str, seen: Counter[str]) -> None:
    """Something that should not happen, to the next message of the user."""
    if how == "skip":
        queue.pop(0)
    elif how == "again":
        twin.arrives(user, queue[0])
        seen[user] = max(seen[user], queue[0]["event_id"])
    elif how == "later":
        queue.append(queue.pop(0))
    elif how == "to another":
        other = PEOPLE[(PEOPLE.index(user) + 1) % 3]
        twin.arrives(other, queue[0])
        seen[other] = max(seen[other], queue[0]["event_id"])
    elif how == "no run":
        queue[0] = {**queue[0], "run_id": "run-of-nobody"}
    elif how == "bare":
        queue[0] = {k: v for k, v in queue[0].items() if k != "data"}
    elif how == "secret":
        secret = canary_of(PEOPLE[(PEOPLE.index(user) + 1) % 3])
        queue[0] = {**queue[0], "data": {**queue[0]["data"], "text": secret}}
    elif how == "end":
        queue[0] = {**queue[0], "type": "agent_failed", "data": {"code": "E", "message": "no"}}
    else:
        queue[0] = {**queue[0], "epoch": "e-2"}


@settings(
    max_examples=1000,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    steps=st.lists(st.tuples(ACTIONS, st.sampled_from(PEOPLE), ODD), max_size=40),
    oddities=st.integers(0, 3),
)
def test_both_say_the_same_about_any_history(
    steps: list[tuple[str, str, str]], oddities: int
) -> None:
    twin = Twin()
    queues: dict[str, list[dict[str, Any]]] = {user: [] for user in PEOPLE}
    seen: Counter[str] = Counter()
    for action, user, how in steps:
        queue = queues[user]
        if action == "ask" and not queue:
            queue += twin.question(user)
        elif action == "next" and queue:
            message = queue.pop(0)
            twin.arrives(user, message)
            seen[user] = max(seen[user], message["event_id"])
        elif action == "drop" and seen[user]:
            missed = min(len(queue), 2)
            twin.resumes_after(user, seen[user], missed)
            for message in queue[:missed]:
                twin.arrives(user, message)
                seen[user] = max(seen[user], message["event_id"])
            del queue[:missed]
        elif action == "odd" and queue and oddities:
            oddities -= 1
            _odd(twin, user, queue, how, seen)
    for user, queue in queues.items():
        for message in queue:
            twin.arrives(user, message)
    event(f"{len(twin.found)} patterns")
    agree(twin)
