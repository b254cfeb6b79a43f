"""Row E9, the detector itself: native frames in, through dialect and redactor, leaks out."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from histories import ALICE, BOB, CAROL, Wire, canary_of, id_of

from support.checks.isolation import (
    ANYONE,
    by_message,
    events_isolated,
    nothing_leaked,
    received_nothing_of,
    tally,
    violations,
)
from support.journal import EARLIER, UNKNOWN_USER, facts, records
from support.journal.unusual_names import UnusualNames

RUN = {ALICE: "run-of-alice", BOB: "run-of-bob", CAROL: "run-of-carol"}
THREAD = {ALICE: "thread-of-alice", BOB: "thread-of-bob", CAROL: "thread-of-carol"}
KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("agent_started", {"agent": "helper", "request": "…"}),
    ("agent_thinking", {"text": "hm", "step": 1}),
    ("tool_executing", {"tool": "t", "call_id": "c", "arguments": {}}),
    ("tool_completed", {"tool": "t", "call_id": "c", "result": "x", "ok": True, "duration_ms": 1}),
    ("agent_completed", {"response": "84", "status": "succeeded", "duration_ms": 1}),
)


def wire(*people: str) -> Wire:
    """A journal in which these people have come and asked a question each."""
    made = Wire()
    for person in people or (ALICE, BOB):
        made.meets(person)
        made.asked(person, RUN[person], THREAD[person])
    return made


def event(owner: str = BOB, kind: str = "agent_thinking", **changed: Any) -> dict[str, Any]:
    """A native event of `owner`'s run."""
    return {
        "type": kind,
        "event_id": 1,
        "epoch": "e-1",
        "run_id": RUN[owner],
        "thread_id": THREAD[owner],
        "user_id": id_of(owner),
        "timestamp": 1.5,
        "data": {**dict(KINDS)[kind], **changed.pop("data", {})},
        **changed,
    }


def answers(made: Wire, owner: str, *, to: str | None = None, **what: Any) -> None:
    """The whole run of `owner`, with their secret in it, arrives at `to`."""
    for position, (kind, _) in enumerate(KINDS, start=1):
        told = {"request": f"my note is {canary_of(owner)}"} if kind == "agent_started" else {}
        made.arrives(to or owner, event(owner, kind, event_id=position, data=told), **what)


def accepted(request_id: str, thread_id: str) -> dict[str, Any]:
    """A question is accepted, in a thread."""
    told = {"request_id": request_id, "run_id": "run-new", "thread_id": thread_id}
    return {"type": "accepted", "duplicate": False, **told}


def leaks(made: Wire) -> list[tuple[str, str]]:
    """Whose, and what, in order of arrival; all of them at Bob's."""
    found = violations(made.history)
    assert {v.viewer for v in found} <= {BOB}
    assert (nothing_leaked()(made.history).state == "failed") is bool(found)
    return [(v.owner, v.what) for v in found]


# --- what is no leak


def test_to_everybody_their_own_is_no_leak() -> None:
    made = wire()
    answers(made, ALICE)
    answers(made, BOB)
    assert leaks(made) == []
    assert nothing_leaked()(made.history).ok


def test_ones_own_ids_and_secret_anywhere_are_no_leak() -> None:
    made = wire()
    own = {"user": id_of(BOB), "run": RUN[BOB], "thread": THREAD[BOB], "note": canary_of(BOB)}
    made.arrives(BOB, event(data={"text": f"{own}", "step": {"deep": [own]}}))
    assert leaks(made) == []


def test_an_announcement_that_belongs_to_nobody_is_no_leak() -> None:
    made = wire()
    made.arrives(BOB, {"type": "announcement", "timestamp": 1.5, "data": {"message": "Hello!"}})
    assert leaks(made) == []


def test_an_event_without_a_user_is_no_leak() -> None:
    made = wire()
    message = event()
    del message["user_id"]
    made.arrives(BOB, message)
    assert leaks(made) == []


def test_two_devices_of_one_user_are_no_leak() -> None:
    made = wire()
    first = made.newest(BOB)
    made.connects(BOB)
    made.subscribes(BOB)
    answers(made, BOB, connection=first)
    answers(made, BOB)
    assert leaks(made) == []


def test_two_people_with_one_account_are_no_leak() -> None:
    made = Wire()
    for person in (ALICE, BOB):
        made.meets(person, "one-account")
        made.asked(person, RUN[person], THREAD[person])
    made.arrives(BOB, event(ALICE, user_id="one-account", data={"text": canary_of(ALICE)}))
    assert leaks(made) == []


def test_an_id_that_both_were_given_is_no_leak() -> None:
    made = Wire()
    for person in (ALICE, BOB):
        made.meets(person)
        made.asked(person, RUN[person], "thread-of-everybody")
    made.arrives(BOB, event(thread_id="thread-of-everybody"))
    assert leaks(made) == []


def test_a_thread_id_that_a_second_user_is_given_later_is_no_leak() -> None:
    made = wire()
    made.says(BOB, facts.Asked(request_id="q-2"), text="…")
    made.arrives(BOB, event(thread_id=THREAD[ALICE]))  # on another device, it may come first
    made.arrives(BOB, accepted("q-2", THREAD[ALICE]))
    made.redactor.add_identifier(THREAD[ALICE], "thread", BOB)
    made.arrives(BOB, event(thread_id=THREAD[ALICE]))
    assert leaks(made) == []


@pytest.mark.parametrize("thread", [THREAD[ALICE], "thread/of Alice's"])
def test_a_shared_thread_in_a_message_of_another_kind_is_no_leak(thread: str) -> None:
    made = Wire()
    for person in (ALICE, BOB):
        made.meets(person)
    made.asked(ALICE, RUN[ALICE], thread)
    made.says(BOB, facts.Asked(request_id="q-2"), text="…")
    made.arrives(BOB, {"type": "conversation_opened", "conversation": thread})
    made.arrives(BOB, accepted("q-2", thread))
    assert leaks(made) == []


def hidden_thread(said: str, kept: str, *, given: str = THREAD[ALICE]) -> Wire:
    """Bob is told of Alice's thread where the kept text does not show it, then given one."""
    made = Wire()
    for person in (ALICE, BOB):
        made.meets(person)
    made.asked(ALICE, RUN[ALICE], THREAD[ALICE])
    made.says(BOB, facts.Asked(request_id="q-2"), text="…")
    made.hears(BOB, facts.Ignored(), text=kept, mentions=made.redactor.mentions(said))
    made.arrives(BOB, accepted("q-2", given))
    return made


HIDDEN = {
    "after what is kept": (f"{'x' * 4000} {THREAD[ALICE]}", "x" * 4000),
    "encoded": (base64.b64encode(THREAD[ALICE].encode()).decode(),) * 2,
}


@pytest.mark.parametrize(("said", "kept"), HIDDEN.values(), ids=HIDDEN)
def test_a_shared_thread_that_the_kept_text_does_not_show_is_no_leak(said: str, kept: str) -> None:
    assert leaks(hidden_thread(said, kept)) == []


@pytest.mark.parametrize(("said", "kept"), HIDDEN.values(), ids=HIDDEN)
def test_a_thread_that_is_not_shared_is_a_leak_also_where_it_is_hidden(
    said: str, kept: str
) -> None:
    made = hidden_thread(said, kept, given=THREAD[BOB])
    assert leaks(made) == [(ALICE, "the thread id")]


def test_a_shared_thread_excuses_none_that_the_kept_text_shows() -> None:
    made = Wire()
    for person in (ALICE, BOB):
        made.meets(person)
    made.asked(ALICE, RUN[ALICE], THREAD[ALICE])
    made.asked(ALICE, "another-run", "another-thread-of-alice")
    made.says(BOB, facts.Asked(request_id="q-2"), text="…")
    made.arrives(BOB, {"type": "conversation_opened", "conversation": "another-thread-of-alice"})
    made.arrives(BOB, accepted("q-2", THREAD[ALICE]))
    assert leaks(made) == [(ALICE, "the thread id")]


def test_a_thread_of_another_in_a_message_of_another_kind_is_a_leak() -> None:
    made = wire()
    made.asked(BOB, "another-run-of-bob", "thread-1")
    made.arrives(BOB, {"type": "conversation_opened", "conversation": THREAD[ALICE]})
    made.arrives(BOB, {"type": "conversation_opened", "conversation": f"{THREAD[BOB]}-2"})
    assert leaks(made) == [(ALICE, "the thread id")]


def test_a_thread_that_is_shared_excuses_no_mention_of_another_thread() -> None:
    made = wire()
    made.redactor.add_identifier("thread-of-mallory", "thread", "s98/Mallory")
    made.arrives(BOB, event(data={"text": "see thread-of-mallory"}))
    assert leaks(made) == [("s98/Mallory", "the thread id")]


def test_a_thread_id_that_somebody_of_another_scenario_has_too_is_no_leak() -> None:
    made = wire()
    made.redactor.add_identifier("thread-1", "thread", "s98/Mallory")
    made.says(BOB, facts.Asked(request_id="q-2"), text="…")
    made.arrives(BOB, accepted("q-2", "thread-1"))
    assert leaks(made) == []


def test_a_thread_of_another_beside_ones_own_is_a_leak() -> None:
    made = wire()
    made.arrives(BOB, event(data={"text": f"see {THREAD[ALICE]}"}))
    assert leaks(made) == [(ALICE, "the thread id")]


def test_a_thread_id_in_an_answer_to_no_question_of_the_receiver_is_a_leak() -> None:
    made = wire()
    made.arrives(BOB, accepted("q-of-nobody", THREAD[ALICE]))
    assert leaks(made) == [(ALICE, "the thread id")]


def test_what_users_say_themselves_is_no_leak() -> None:
    made = wire()
    mention = (f"canary:{ALICE}",)
    made.says(BOB, facts.Pinged(nonce="n"), text="…", mentions=mention)
    assert leaks(made) == []


# --- what is a leak


def test_an_event_with_the_wrong_user_id_is_a_leak() -> None:
    made = wire()
    made.arrives(BOB, event(user_id=id_of(ALICE)))
    assert (ALICE, "agent_thinking") in leaks(made)


def test_an_event_with_a_strangers_user_id_is_a_leak() -> None:
    made = wire()
    made.arrives(BOB, event(user_id="never-heard-of"))
    assert leaks(made) == [("somebody unknown", "agent_thinking")]


def test_an_event_with_a_strangers_short_user_id_is_a_leak() -> None:
    made = Wire()
    made.meets(ALICE, "1")
    made.meets(BOB, "2")
    made.asked(BOB, RUN[BOB], THREAD[BOB])
    made.arrives(BOB, event(user_id="1"))
    assert leaks(made) == [(ALICE, "agent_thinking")]


@pytest.mark.parametrize(
    "data",
    [
        {"owner": id_of(ALICE)},
        {"step": {"of": {"user": [{"id": id_of(ALICE)}]}}},
        {"step": {id_of(ALICE): "is a key"}},
        {"text": f"as I told {id_of(ALICE)}, it is 84"},
        {"text": f"this was asked by {id_of(ALICE)}."},
        {"text": f"https://chat.example.test/users/{id_of(ALICE)}/notes"},
        {"text": f"(user:{id_of(ALICE)})"},
    ],
    ids=["in data", "nested", "as a key", "in a text", "at its end", "in an address", "labelled"],
)
def test_another_users_id_anywhere_in_the_data_is_a_leak(data: dict[str, Any]) -> None:
    made = wire()
    made.arrives(BOB, event(data=data))
    assert leaks(made) == [(ALICE, "the user id")]


@pytest.mark.parametrize("user_id", ["auth0|5f7c2a", "org/7/alice", "älice-1234", "alice b c"])
def test_an_id_of_unusual_letters_is_found_too(user_id: str) -> None:
    made = Wire()
    made.meets(ALICE, user_id)
    made.meets(BOB)
    made.asked(BOB, RUN[BOB], THREAD[BOB])
    made.arrives(BOB, event(data={"text": f"as {user_id} said"}))
    assert leaks(made) == [(ALICE, "the user id")]


@pytest.mark.parametrize(
    "data",
    [
        {"note": canary_of(ALICE)},
        {"text": f"She said “{canary_of(ALICE)}”, didn't she?"},
        {"text": f"x{canary_of(ALICE)}x"},
        {"step": [[{"deep": canary_of(ALICE)}]]},
        {"step": {canary_of(ALICE): 1}},
        {"text": base64.b64encode(f"note: {canary_of(ALICE)}".encode()).decode()},
        {"text": canary_of(ALICE).encode().hex()},
    ],
    ids=["in data", "in a text", "in a word", "nested", "as a key", "in base64", "in hex"],
)
def test_another_users_secret_anywhere_is_a_leak(data: dict[str, Any]) -> None:
    made = wire()
    made.arrives(BOB, event(data=data))
    assert leaks(made) == [(ALICE, "the secret")]


def test_a_secret_written_in_json_escapes_is_a_leak() -> None:
    made = wire()
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in canary_of(ALICE))
    made.arrives(BOB, f'{{"type": "error", "code": "x", "message": "{escaped}"}}')
    assert leaks(made) == [(ALICE, "the secret")]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (canary_of(ALICE), [(ALICE, "the secret")]),
        (canary_of(ALICE)[:14], [(ALICE, "part of the secret")]),
        (canary_of(BOB), []),
        ("alice@example.test", [(ALICE, "the e-mail address")]),
        (id_of(ALICE), []),  # by chance, where ids are short numbers
    ],
)
def test_in_the_headers_of_a_handshake_secrets_and_addresses_are_leaks(
    value: str, found: list[tuple[str, str]]
) -> None:
    made = wire()
    made.redactor.add_identifier("alice@example.test", "email", ALICE)
    mentions = made.redactor.mentions(f"Date: today\r\nX-Recent: {value}\r\n")
    made.add(records.Connected, connection="again", user=BOB, took_ms=1.0, mentions=mentions)
    assert leaks(made) == found


@pytest.mark.parametrize("owner", [ALICE, "s99/Zoe"])
def test_what_anyone_can_fetch_must_hold_nobodys_secret(owner: str) -> None:
    made = wire()
    mentions = (f"canary:{owner}", f"user:{owner}")
    made.add(records.AnswerMentions, where="GET /metrics", mentions=mentions)
    (found,) = violations(made.history)
    assert (found.viewer, found.across) == (ANYONE, False)
    name = owner.rpartition("/")[2]
    assert found.short == f"anyone received the secret of {name} in GET /metrics"
    assert nothing_leaked()(made.history).state == "failed"


def test_an_http_answer_may_hold_the_secret_of_its_receiver() -> None:
    made = wire()
    made.add(records.AnswerMentions, where="sign-in", user=BOB, mentions=(f"canary:{BOB}",))
    assert leaks(made) == []
    made.add(records.AnswerMentions, where="sign-in", user=BOB, mentions=(f"email:{ALICE}",))
    assert leaks(made) == [(ALICE, "the e-mail address")]


def test_what_finds_threads_is_made_once_however_much_leaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Made anew for each message, it took minutes to judge a build that leaks everywhere."""
    made, found = Wire(), list[UnusualNames]()

    class Counted(UnusualNames):
        def __init__(self) -> None:
            super().__init__()
            found.append(self)

    for person in (ALICE, BOB):
        made.meets(person)
    made.asked(ALICE, RUN[ALICE], THREAD[ALICE])
    for _ in range(20):
        made.arrives(BOB, {"type": "conversation_opened", "conversation": THREAD[ALICE]})
    made.says(BOB, facts.Asked(request_id="q-2"), text="…")
    made.arrives(BOB, accepted("q-2", THREAD[BOB]))
    monkeypatch.setattr("support.checks.isolation.UnusualNames", Counted)
    assert not nothing_leaked()(made.history).ok
    assert len(found) == 1


def test_a_secret_that_nobody_here_has_is_a_leak() -> None:
    made = wire()
    made.arrives(BOB, event(data={"text": canary_of("s99/Mallory")}))
    assert leaks(made) == [(UNKNOWN_USER, "the secret")]
    assert "received the secret of an unknown user" in nothing_leaked()(made.history).summary


def test_to_one_who_existed_before_the_run_an_unknown_secret_may_be_their_own() -> None:
    made = wire()
    made.add(records.SignedIn, user=BOB, ok=True, way="static", user_id=id_of(BOB))
    made.arrives(BOB, event(data={"text": canary_of("s99/Mallory")}))
    assert leaks(made) == []
    made.arrives(BOB, event(data={"text": canary_of("s99/Mallory") + canary_of(ALICE)}))
    assert leaks(made) == [(ALICE, "the secret")]


def test_so_may_one_that_an_older_journal_calls_otherwise() -> None:
    made = wire()
    made.add(records.SignedIn, user=BOB, ok=True, way="static", user_id=id_of(BOB))
    made.arrives(BOB, event(data={"text": canary_of("s99/Mallory")}))
    mentions = made.records[-1].mentions
    older = tuple(m.replace(UNKNOWN_USER, "a user of another run") for m in mentions)
    assert older != mentions
    made.records[-1] = msgspec.structs.replace(made.records[-1], mentions=older)
    assert leaks(made) == []


def with_a_past(user: str) -> Wire:
    """As `wire`, where `user` has the account, and so the secret, of an earlier run."""
    made = wire()
    made.redactor.add_canary(canary_of("earlier"), user + EARLIER)
    made.add(records.SameIdentityAs, user=user + EARLIER, user_id=id_of(user))
    return made


def test_what_one_sent_in_an_earlier_run_is_still_theirs() -> None:
    made = with_a_past(BOB)
    made.arrives(BOB, event(data={"text": canary_of("earlier")}))
    assert leaks(made) == []


def test_what_another_sent_in_an_earlier_run_is_a_leak() -> None:
    made = with_a_past(ALICE)
    made.arrives(BOB, event(data={"text": canary_of("earlier")}))
    assert leaks(made) == [(ALICE + EARLIER, "the secret")]


def test_an_event_of_another_users_run_is_a_leak() -> None:
    made = wire()
    made.arrives(BOB, event(run_id=RUN[ALICE]))
    assert leaks(made) == [(ALICE, "the run id"), (ALICE, "agent_thinking of a run")]


def test_an_event_of_another_users_thread_is_a_leak() -> None:
    made = wire()
    made.arrives(BOB, event(thread_id=THREAD[ALICE]))
    assert leaks(made) == [(ALICE, "the thread id"), (ALICE, "agent_thinking of a thread")]


@pytest.mark.parametrize("ids", [RUN, THREAD], ids=["run", "thread"])
def test_another_users_run_or_thread_in_a_text_is_a_leak(ids: dict[str, str]) -> None:
    made = wire()
    made.arrives(BOB, event(data={"text": f"see {ids[ALICE]}"}))
    assert [owner for owner, _ in leaks(made)] == [ALICE]


def test_a_run_given_to_both_of_them_is_no_longer_anybodys_own() -> None:
    made = wire()
    made.asked(BOB, RUN[ALICE], THREAD[BOB])
    made.arrives(BOB, event(run_id=RUN[ALICE]))
    assert leaks(made) == []


@pytest.mark.parametrize(
    "message",
    [
        {"type": "announcement", "data": {"message": f"{canary_of(ALICE)} is in the house"}},
        {"type": "error", "code": "x", "message": f"no {canary_of(ALICE)}", "request_id": "q"},
        {"type": "accepted", "request_id": canary_of(ALICE), "run_id": "r", "thread_id": "t"},
        {"type": "unheard-of", "payload": canary_of(ALICE)},
        f"not even JSON, {canary_of(ALICE)}",
    ],
    ids=["announcement", "error", "acceptance", "unknown kind", "no JSON"],
)
def test_a_secret_in_any_other_message_is_a_leak(message: dict[str, Any] | str) -> None:
    made = wire()
    made.arrives(BOB, message)
    assert leaks(made) == [(ALICE, "the secret")]


def test_a_leak_beyond_what_the_journal_keeps_of_a_frame_is_found() -> None:
    made = wire()
    message = event(data={"text": f"{'x' * 1_000_000} {canary_of(ALICE)}"})
    made.arrives(BOB, message)
    assert leaks(made) == [(ALICE, "the secret")]


def test_somebody_of_another_scenario_can_be_betrayed_too() -> None:
    made = wire(BOB)
    made.redactor.add_canary(canary_of("s00/Alice"), "s00/Alice")
    made.redactor.add_identifier("id-from-before", "user", "s00/Alice")
    made.arrives(BOB, event(data={"text": f"{canary_of('s00/Alice')} id-from-before"}))
    assert leaks(made) == [("s00/Alice", "the secret"), ("s00/Alice", "the user id")]
    told = violations(made.history)[0].text
    assert told.startswith("Bob received the secret of Alice of another scenario (s00)")


def test_a_whole_run_that_reaches_somebody_else_is_reported_event_by_event() -> None:
    made = wire()
    answers(made, ALICE, to=BOB)
    told = leaks(made)
    assert (ALICE, "the secret") in told
    for kind, _ in KINDS:
        assert (ALICE, kind) in told


def test_a_leak_is_reported_with_time_and_record() -> None:
    made = wire()
    made.arrives(BOB, event(data={"note": canary_of(ALICE)}))
    finding = nothing_leaked()(made.history)
    frame = made.records[-1]
    text = f"Bob received the secret of Alice ({frame.t:.3f} s, record {frame.seq})"
    assert finding.summary == f"1 message leaked; {text}"
    assert finding.records == (frame.seq,)


def test_the_secret_itself_is_nowhere_in_what_is_kept() -> None:
    made = wire()
    made.arrives(BOB, event(data={"note": canary_of(ALICE)}))
    kept = b"\n".join(records.encode(record) for record in made.records)
    assert canary_of(ALICE).encode() not in kept
    assert b"<secret of s01/Alice>" in kept


# --- counting


def test_leaks_are_counted_per_connection_per_pair_and_in_all() -> None:
    made = wire(ALICE, BOB, CAROL)
    first = made.newest(BOB)
    made.arrives(BOB, event(data={"note": canary_of(ALICE)}))
    made.connects(BOB)
    made.subscribes(BOB)
    second = made.newest(BOB)
    made.arrives(BOB, event(data={"note": canary_of(ALICE)}))
    made.arrives(BOB, event(data={"note": canary_of(CAROL)}))
    made.arrives(CAROL, event(CAROL, data={"note": canary_of(ALICE)}))
    counted = tally(violations(made.history))
    assert counted["connection"] == {first: 1, second: 2, made.newest(CAROL): 1}
    assert counted["pair"] == {
        f"{ALICE} → {BOB}": 2,
        f"{CAROL} → {BOB}": 1,
        f"{ALICE} → {CAROL}": 1,
    }
    assert counted["all"] == {"all": 4}


def test_one_frame_that_betrays_a_secret_twice_counts_once() -> None:
    made = wire()
    made.arrives(BOB, event(data={"text": canary_of(ALICE), "note": canary_of(ALICE)}))
    assert tally(violations(made.history))["all"] == {"all": 1}


def test_a_message_with_much_of_several_people_counts_once_for_each_pair_and_once_in_all() -> None:
    made = wire(ALICE, BOB, CAROL)
    secrets = {"a": canary_of(ALICE), "c": canary_of(CAROL), "id": id_of(ALICE)}
    made.arrives(BOB, event(data=secrets))
    found = violations(made.history)
    assert len(found) > 2
    counted = tally(found)
    assert counted["pair"] == {f"{ALICE} → {BOB}": 1, f"{CAROL} → {BOB}": 1}
    assert counted["connection"] == {made.newest(BOB): 1}
    assert counted["all"] == {"all": 1}
    assert [v.what for v in by_message(found) if v.owner == ALICE] == ["the secret, the user id"]


def test_nothing_leaked_counts_nothing() -> None:
    made = wire()
    answers(made, BOB)
    assert tally(violations(made.history)) == {"connection": {}, "pair": {}, "all": {}}


# --- positive controls and fences


def proven(made: Wire, *people: str) -> tuple[str, str]:
    finding = events_isolated(people or (ALICE, BOB))(made.history)
    return finding.state, finding.summary


def at_work() -> Wire:
    """Both have asked and been answered; nobody has held a fence yet."""
    made = wire()
    answers(made, ALICE)
    answers(made, BOB)
    return made


def test_privacy_is_proven_by_own_words_and_fences() -> None:
    made = at_work()
    made.fence(ALICE)
    made.fence(BOB)
    assert proven(made)[0] == "passed"
    assert received_nothing_of(BOB, ALICE)(made.history).ok


def test_without_any_frame_nothing_is_known() -> None:
    made = Wire()
    made.signs_in(ALICE)
    assert nothing_leaked()(made.history).state == "unknown"


def test_what_was_only_sent_shows_nothing() -> None:
    made = Wire()
    made.signs_in(ALICE)
    made.tries(ALICE)
    made.says(ALICE, facts.Pinged(nonce="n"))
    assert nothing_leaked()(made.history).state == "unknown"


def test_who_never_got_their_own_words_back_proves_nothing() -> None:
    made = wire()
    answers(made, ALICE)
    made.arrives(BOB, event(kind="agent_completed"))
    made.fence(ALICE)
    made.fence(BOB)
    assert proven(made) == ("unknown", "Bob never received their own secret back")


def test_own_words_that_were_only_sent_prove_nothing() -> None:
    made = wire()
    answers(made, ALICE)
    made.says(BOB, facts.Pinged(nonce="n"), mentions=(f"canary:{BOB}",))
    made.fence(ALICE)
    made.fence(BOB)
    assert proven(made)[0] == "unknown"


def test_one_person_alone_proves_nothing() -> None:
    made = at_work()
    made.fence(ALICE)
    assert proven(made, ALICE, ALICE) == ("unknown", "at least two users are needed to prove it")


def test_silence_without_a_fence_proves_nothing() -> None:
    made = at_work()
    made.fence(ALICE)
    state, why = proven(made)
    assert state == "unknown"
    assert "Bob had no round trip" in why
    assert received_nothing_of(BOB, ALICE)(made.history).state == "unknown"


def test_a_fence_that_did_not_hold_proves_nothing() -> None:
    made = at_work()
    made.fence(ALICE)
    made.fence(BOB, held=False)
    assert proven(made)[0] == "unknown"


def test_a_fence_before_the_others_run_was_over_proves_nothing() -> None:
    made = wire()
    answers(made, BOB)
    made.fence(BOB)
    answers(made, ALICE)
    made.fence(ALICE)
    assert proven(made)[0] == "unknown"


def test_a_fence_begun_before_the_others_run_was_over_proves_nothing() -> None:
    made = at_work()
    made.fence(ALICE)
    made.fence(BOB, took_ms=60_000.0)
    assert proven(made)[0] == "unknown"


def test_a_fence_on_one_of_two_connections_proves_nothing() -> None:
    made = at_work()
    made.connects(BOB)
    made.subscribes(BOB)
    made.fence(ALICE)
    made.fence(BOB)
    assert proven(made)[0] == "unknown"
    made.fence(BOB, connection=f"{BOB}#1")
    assert proven(made)[0] == "passed"


def test_a_connection_that_was_over_before_needs_no_fence() -> None:
    made = wire()
    made.cut(BOB)
    made.connects(BOB)
    made.resumes(BOB, after=0)
    answers(made, ALICE)
    answers(made, BOB)
    made.fence(ALICE)
    made.fence(BOB)
    assert proven(made)[0] == "passed"


def test_everybody_else_must_have_been_at_work_to_the_end() -> None:
    made = wire(ALICE, BOB, CAROL)
    answers(made, ALICE)
    answers(made, BOB)
    made.arrives(CAROL, event(CAROL, data={"text": canary_of(CAROL)}))
    for person in (ALICE, BOB, CAROL):
        made.fence(person)
    state, why = proven(made, ALICE, BOB, CAROL)
    assert state == "unknown"
    assert "Carol" in why


def test_a_leak_is_a_failure_whatever_is_missing() -> None:
    made = wire()
    made.arrives(BOB, event(data={"note": canary_of(ALICE)}))
    assert proven(made)[0] == "failed"
    assert received_nothing_of(BOB, ALICE)(made.history).state == "failed"


def test_who_did_nothing_cannot_have_been_seen() -> None:
    made = wire()
    answers(made, BOB)
    made.fence(BOB)
    finding = received_nothing_of(BOB, ALICE)(made.history)
    assert finding.state == "unknown"
    assert "Alice did nothing" in finding.summary
