"""Row E9: what is somebody else's is found in every disguise, and nothing else is."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from histories import ALICE, BOB, Wire, canary_of, id_of

from support.checks.isolation import nothing_leaked, violations
from support.journal import facts, records

SECRET = canary_of(ALICE)
ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
RUN, OWN_RUN, THREAD = "run-of-alice", "run-of-bob", "thread-of-alice"


def wire() -> Wire:
    made = Wire()
    made.meets(ALICE, ID)
    made.meets(BOB)
    made.asked(ALICE, RUN, THREAD)
    made.asked(BOB, OWN_RUN, "thread-of-bob")
    return made


def event(data: dict[str, Any], **changed: Any) -> dict[str, Any]:
    own = {"run_id": OWN_RUN, "thread_id": "thread-of-bob", "user_id": id_of(BOB)}
    said = {"type": "agent_thinking", "data": {"text": "hm", "step": 1, **data}}
    return {**said, "event_id": 1, "epoch": "e-1", "timestamp": 1.5, **own, **changed}


def leaks(made: Wire) -> list[tuple[str, str]]:
    return [(v.owner, v.what) for v in violations(made.history)]


def percent(text: str) -> str:
    return "".join(f"%{ord(letter):02X}" for letter in text)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WHOLE: dict[str, Any] = {
    "in capitals": SECRET.upper(),
    "in mixed letters": SECRET.title(),
    "percent-encoded": f"/search?q={percent(SECRET)}",
    "percent-encoded twice": quote(percent(SECRET)),
    "in part percent-encoded": percent(SECRET[:3]) + SECRET[3:],
    "as HTML entities": "".join(f"&#{ord(letter)};" for letter in SECRET),
    "as hexadecimal entities": "".join(f"&#x{ord(letter):x};" for letter in SECRET),
    "escaped as in JavaScript": "".join(f"\\x{ord(letter):02x}" for letter in SECRET),
    "escaped in JSON within JSON": "".join(f"\\u{ord(letter):04x}" for letter in SECRET),
    "in base64": b64(f"grüße, my note is {SECRET}"),
    "in base64 behind something": f"note_{b64(SECRET)}",
    "in base64 in an address": f"/notes/{b64(f'a {SECRET}')}",
    "in base64, percent-encoded": quote(b64(f"ab {SECRET}"), safe=""),
    "over two lines": f"{SECRET[:6]}\n{SECRET[6:]}",
    "in hex in capitals": SECRET.encode().hex().upper(),
}

PIECES: dict[str, dict[str, Any]] = {
    "in two fields": {"a": f"so {SECRET[:12]}", "b": f"{SECRET[12:]} it is"},
    "in nested fields": {"a": SECRET[:12], "more": {"deep": [{"b": SECRET[12:]}]}},
    "in three, with others between": {"a": SECRET[:8], "b": 7, "c": SECRET[8:16], "d": SECRET[16:]},
    "in the elements of a list": {"a": [SECRET[n : n + 3] for n in range(0, 24, 3)]},
    "spelt with spaces": {"a": " ".join(SECRET)},
    "spelt with dashes": {"a": "-".join(SECRET)},
    "in part alone": {"a": f"it begins with {SECRET[:12]}"},
    "in part, in capitals": {"a": SECRET[5:18].upper()},
}

IDS: dict[str, str] = {
    "in capitals": ID.upper(),
    "in base64": b64(ID),
    "in base64 among words": b64(f"user {ID} asked"),
    "in hex": ID.encode().hex(),
    "percent-encoded": percent(ID),
    "as a part of another": f"{ID}.7",
}


@pytest.mark.parametrize("disguise", WHOLE.values(), ids=WHOLE)
def test_a_secret_is_found(disguise: str) -> None:
    made = wire()
    made.arrives(BOB, event({"text": disguise}))
    assert leaks(made) == [(ALICE, "the secret")]


@pytest.mark.parametrize("disguise", WHOLE.values(), ids=WHOLE)
def test_a_secret_that_was_found_cannot_be_read_in_what_is_kept(disguise: str) -> None:
    made = wire()
    made.arrives(BOB, event({"text": disguise}))
    kept = b"\n".join(records.encode(record) for record in made.records).decode()
    assert disguise not in kept
    assert "<secret of s01/Alice>" in kept


@pytest.mark.parametrize("data", PIECES.values(), ids=PIECES)
def test_a_secret_in_pieces_is_found(data: dict[str, Any]) -> None:
    made = wire()
    made.arrives(BOB, event(data))
    assert leaks(made) == [(ALICE, "part of the secret")]


def test_eleven_letters_of_a_secret_may_be_chance() -> None:
    made = wire()
    made.arrives(BOB, event({"id": f"8-{SECRET[:11]}-1"}))
    assert leaks(made) == []


def test_a_secret_spread_over_two_frames_is_found_in_both() -> None:
    made = wire()
    made.arrives(BOB, event({"text": SECRET[:12]}))
    made.arrives(BOB, event({"text": SECRET[12:]}, event_id=2))
    assert leaks(made) == [(ALICE, "part of the secret")] * 2


def test_a_part_of_a_secret_cannot_be_read_in_what_is_kept() -> None:
    made = wire()
    made.arrives(BOB, event({"a": SECRET[:12], "b": SECRET[12:]}))
    kept = records.encode(made.records[-1]).decode()
    assert SECRET[:12] not in kept
    assert SECRET[12:] not in kept


@pytest.mark.parametrize("disguise", IDS.values(), ids=IDS)
def test_a_user_id_is_found(disguise: str) -> None:
    made = wire()
    made.arrives(BOB, event({"text": disguise}))
    assert leaks(made) == [(ALICE, "the user id")]


# --- what is no leak


@pytest.mark.parametrize("data", [{"text": w} for w in WHOLE.values()] + list(PIECES.values()))
def test_ones_own_secret_is_no_leak_in_any_disguise(data: dict[str, Any]) -> None:
    made = wire()
    made.arrives(ALICE, event(data, run_id=RUN, thread_id=THREAD, user_id=ID))
    assert leaks(made) == []


@pytest.mark.parametrize(
    "text",
    [
        SECRET[:7],
        "x" * 5_000,
        "Bdfghjkm, nbvcxz! The quick brown fox jumps over the lazy dog.",
        "nchstschtschw " * 40,
        "ZmluZSB3ZWF0aGVyIHRvZGF5LCBpc24ndCBpdD8=",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3302",
        "100 % & more; 5 %25 \\u00e4 &auml; \\x41",
    ],
)
def test_what_merely_looks_like_something_is_no_leak(text: str) -> None:
    made = wire()
    made.arrives(BOB, event({"text": text}))
    assert leaks(made) == []
    assert nothing_leaked()(made.history).ok


# --- what one has named oneself


def names(made: Wire, user: str, text: str) -> None:
    """`user` sends a message with that in it."""
    made.says(user, facts.Pinged(nonce="n"), mentions=made.redactor.mentions(text))


@pytest.mark.parametrize("known", [ID, RUN, THREAD], ids=["user", "run", "thread"])
def test_an_id_that_comes_back_to_who_has_sent_it_is_no_leak(known: str) -> None:
    made = wire()
    names(made, BOB, f"please stop {known}")
    message = {"type": "error", "code": "not_found", "message": f"there is no {known}"}
    made.arrives(BOB, message)
    assert leaks(made) == []


def test_an_id_sent_on_one_connection_may_come_back_on_another() -> None:
    made = wire()
    names(made, BOB, RUN)
    made.connects(BOB)
    made.arrives(BOB, event({"text": f"no {RUN}"}))
    assert leaks(made) == []


def test_an_id_that_somebody_else_has_sent_is_a_leak() -> None:
    made = wire()
    names(made, ALICE, RUN)
    made.arrives(BOB, event({"text": f"no {RUN}"}))
    assert leaks(made) == [(ALICE, "the run id")]


def test_an_id_that_is_sent_only_afterwards_is_a_leak() -> None:
    made = wire()
    made.arrives(BOB, event({"text": f"no {RUN}"}))
    names(made, BOB, RUN)
    assert leaks(made) == [(ALICE, "the run id")]


def test_another_id_than_was_sent_is_a_leak() -> None:
    made = wire()
    names(made, BOB, RUN)
    made.arrives(BOB, event({"text": f"{RUN} in {THREAD}"}))
    assert leaks(made) == [(ALICE, "the thread id")]


@pytest.mark.parametrize("secret", [SECRET, SECRET[:12]], ids=["whole", "in part"])
def test_a_secret_stays_one_even_to_who_has_sent_it(secret: str) -> None:
    made = wire()
    names(made, BOB, secret)
    made.arrives(BOB, event({"text": secret}))
    assert [owner for owner, _ in leaks(made)] == [ALICE]


def test_an_event_of_a_run_is_a_leak_even_to_who_has_named_the_run() -> None:
    made = wire()
    names(made, BOB, RUN)
    made.arrives(BOB, event({}, run_id=RUN))
    assert leaks(made) == [(ALICE, "agent_thinking of a run")]


def test_an_event_of_a_user_is_a_leak_even_to_who_has_named_the_user() -> None:
    made = wire()
    names(made, BOB, ID)
    made.arrives(BOB, event({}, user_id=ID))
    assert leaks(made) == [(ALICE, "agent_thinking")]


def test_ones_own_event_in_a_thread_of_a_name_one_has_chosen_is_no_leak() -> None:
    made = wire()
    names(made, BOB, THREAD)
    made.arrives(BOB, event({}, thread_id=THREAD))
    assert leaks(made) == []
