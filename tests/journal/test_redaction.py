"""No secret goes into a journal, and whose it was can still be told."""

from __future__ import annotations

import base64
import json
import threading
import time
import timeit
import uuid

import hypothesis.strategies as st
import jwt
import msgspec
import pytest
from hypothesis import given

from support.journal import UNKNOWN_USER, Redactor, records
from support.journal.canaries import new_canary

OWNER = "s01/Alice"
secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=40)


@given(st.text(), secrets, st.text())
def test_a_known_secret_never_stays_in_a_text(before: str, secret: str, after: str) -> None:
    redactor = Redactor()
    redactor.add_secret(secret, "x")
    assert secret not in redactor.redact(before + secret + after)


@given(secrets)
def test_a_known_secret_never_stays_in_json(secret: str) -> None:
    redactor = Redactor()
    redactor.add_secret(secret, "x")
    for ascii_only in (True, False):
        message = json.dumps({"token": secret}, ensure_ascii=ascii_only)
        assert json.loads(redactor.redact(message)) == {"token": "[x]"}


def test_a_secret_is_written_as_what_it_is() -> None:
    redactor = Redactor()
    redactor.add_secret("correct horse", "password")
    assert redactor.redact("it is correct horse, sir") == "it is [password], sir"


def test_a_secret_that_begins_like_another_leaves_no_rest_behind() -> None:
    redactor = Redactor()
    redactor.add_secret("open-sesame", "short")
    redactor.add_secret("open-sesame-and-close-it", "long")
    assert redactor.redact("say open-sesame-and-close-it") == "say [long]"


@pytest.mark.parametrize("nothing", [None, "", "short"])
def test_what_is_too_short_to_be_told_from_a_word_is_no_secret(nothing: str | None) -> None:
    redactor = Redactor()
    redactor.add_secret(nothing, "x")
    assert redactor.redact("a short text") == "a short text"


@pytest.mark.parametrize("algorithm", ["HS256", "HS512", "none"])
def test_what_looks_like_a_token_is_taken_out_without_being_known(algorithm: str) -> None:
    key = None if algorithm == "none" else "k" * 64
    token = jwt.encode({"sub": "alice"}, key, algorithm=algorithm)
    redacted = Redactor().redact(f'{{"access_token": "{token}"}}')
    assert json.loads(redacted) == {"access_token": "[token]"}


def test_a_sentence_with_dots_is_no_token() -> None:
    text = "Hey.you, they.are.here: key.value.pair, eyes.and.ears"
    assert Redactor().redact(text) == text


def test_a_canary_becomes_the_label_of_its_owner() -> None:
    redactor, canary = Redactor(), new_canary()
    redactor.add_canary(canary, OWNER)
    assert redactor.redact(f"note: {canary}!") == f"note: <secret of {OWNER}>!"
    assert redactor.mentions(f"note: {canary}!") == (f"canary:{OWNER}",)


def test_a_canary_of_somebody_unknown_is_taken_out_too() -> None:
    canary = new_canary()
    assert Redactor().redact(canary) == "<secret of an unknown user>"
    assert Redactor().mentions(canary) == (f"canary:{UNKNOWN_USER}",)


def test_what_looks_like_a_canary_by_chance_is_nobodys_secret() -> None:
    canary = new_canary()
    alike = canary[:-1] + ("b" if canary[-1] != "b" else "c")
    encoded = base64.b64encode(f"a {alike}".encode()).decode()
    for text in (alike, f"token: {alike.upper()}", encoded):
        assert Redactor().mentions(text) == ()
        assert Redactor().redact(text) == text
    assert Redactor().mentions(canary.upper()) == (f"canary:{UNKNOWN_USER}",)


def test_canaries_are_unlike_each_other_and_stay_as_they_are_in_json() -> None:
    canaries = {new_canary() for _ in range(200)}
    assert len(canaries) == 200
    assert all(json.dumps(canary) == f'"{canary}"' for canary in canaries)


@given(st.text(), st.text())
def test_a_canary_is_found_in_any_text(before: str, after: str) -> None:
    redactor, canary = Redactor(), new_canary()
    redactor.add_canary(canary, OWNER)
    text = json.dumps({"text": before + canary + after})
    assert f"canary:{OWNER}" in redactor.mentions(text)
    assert canary not in redactor.redact(text)


@pytest.mark.parametrize("before", ["zq", "ZQ", "zqzq", "zqb", f"zq{'b' * 20}", f"zq{'b' * 22}"])
def test_a_canary_is_found_behind_letters_that_begin_like_one(before: str) -> None:
    redactor, canary = Redactor(), new_canary()
    redactor.add_canary(canary, OWNER)
    encoded = base64.b64encode(f"note {before}{canary}".encode()).decode()
    for secret, text in (
        (canary, before + canary),
        (canary.upper(), before + canary.upper()),
        (encoded, encoded),
    ):
        found = redactor.examine(json.dumps({"text": text}))
        assert found.mentions == (f"canary:{OWNER}",)
        assert secret not in found.clean


@pytest.mark.parametrize("before", ["", "x", "xx", "my note, "])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("alphabet", ["plain", "url"])
def test_a_canary_in_base64_is_found_wherever_it_begins(
    before: str, padded: bool, alphabet: str
) -> None:
    redactor, canary = Redactor(), new_canary()
    redactor.add_canary(canary, OWNER)
    encode = base64.b64encode if alphabet == "plain" else base64.urlsafe_b64encode
    encoded = encode(f"{before}{canary}ÿ?>".encode()).decode()
    text = f'{{"blob": "{encoded if padded else encoded.rstrip("=")}"}}'
    assert redactor.mentions(text) == (f"canary:{OWNER}",)


def test_a_canary_in_percent_escapes_is_found() -> None:
    redactor, canary = Redactor(), new_canary()
    redactor.add_canary(canary, OWNER)
    escaped = "".join(f"%{ord(letter):02X}" for letter in canary)
    assert redactor.mentions(f"?note={escaped}") == (f"canary:{OWNER}",)


def test_an_identifier_of_six_letters_is_long_enough() -> None:
    redactor = Redactor()
    redactor.add_identifier("u-1234", "user", OWNER)
    assert redactor.mentions("by u-1234.") == (f"user:{OWNER}",)


def test_mentions_name_every_owner_once_in_order() -> None:
    redactor, canary = Redactor(), new_canary()
    redactor.add_canary(canary, "s01/Bob")
    redactor.add_identifier("user-of-alice", "user", OWNER)
    redactor.add_identifier("run-of-alice", "run", OWNER)
    text = f"run-of-alice {canary} user-of-alice run-of-alice {canary}"
    assert redactor.mentions(text) == ("canary:s01/Bob", f"run:{OWNER}", f"user:{OWNER}")


def test_an_identifier_that_is_part_of_a_longer_word_is_another() -> None:
    redactor = Redactor()
    redactor.add_identifier("thread-1", "thread", OWNER)
    redactor.add_identifier("auth0|12345", "user", OWNER)
    assert redactor.mentions("thread-12 mythread-1 auth0|123456 xauth0|12345") == ()


@pytest.mark.parametrize("identifier", [None, "", "42", "u-123"])
def test_an_identifier_that_is_short_betrays_nobody(identifier: str | None) -> None:
    redactor = Redactor()
    redactor.add_identifier(identifier, "user", OWNER)
    assert redactor.mentions("42 u-123") == ()


def test_an_identifier_of_two_people_betrays_neither() -> None:
    redactor = Redactor()
    redactor.add_identifier("shared-thread", "thread", OWNER)
    redactor.add_identifier("shared-thread", "thread", "s01/Bob")
    assert redactor.mentions("shared-thread") == ()


@pytest.mark.alone
def test_looking_for_secrets_costs_little_however_many_there_are() -> None:
    redactor = Redactor()
    for number in range(500):
        redactor.add_canary(new_canary(), f"s{number}/Alice")
        redactor.add_identifier(str(uuid.uuid4()), "user", f"s{number}/Alice")
    ids = {key: str(uuid.uuid4()) for key in ("run_id", "thread_id", "user_id")}
    text = json.dumps({"type": "agent_thinking", **ids, "data": {"text": "so it is " * 20}})
    seconds = timeit.repeat(lambda: redactor.mentions(redactor.redact(text)), number=50, repeat=20)
    assert min(seconds) / 50 < 0.000_5  # about 50 µs on an idle machine


def test_secrets_may_be_added_while_others_redact() -> None:
    redactor, errors = Redactor(), []

    def add(number: int) -> None:
        for n in range(300):
            redactor.add_secret(f"secret-{number}-{n}", "x")
            redactor.add_canary(new_canary(), OWNER)
            redactor.add_identifier(f"id|{number}|{n}", "user", OWNER)

    def read() -> None:
        try:
            for n in range(300):
                redactor.redact(f"secret-0-{n} {new_canary()}")
                redactor.mentions(f"id|0|{n}")
        except RuntimeError as error:
            errors.append(error)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(2)]
    threads += [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert errors == []
    assert redactor.redact("secret-1-299") == "[x]"


def test_a_name_that_is_learnt_while_others_read_is_found_from_then_on() -> None:
    redactor, over = Redactor(), threading.Event()
    names = [f"Thread-{number:04}" for number in range(2_000)]

    def read() -> None:
        while not over.is_set():
            for name in names:
                redactor.examine(f"in {name}, {name.lower()}")

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for name in names:
        redactor.add_identifier(name, "thread", OWNER)
    over.set()
    for thread in threads:
        thread.join(20)
    found = {redactor.examine(text(name)).mentions for name in names for text in (str, str.lower)}
    assert found == {(f"thread:{OWNER}",)}


TOKEN = jwt.encode({"sub": "alice", "jti": "one-of-a-kind"}, "k" * 64, algorithm="HS256")
PASSWORD = "tR0ub4dor-and-3-horses_x"


def encodings(secret: str) -> dict[str, str]:
    """A secret as encoders write it, in a longer text."""
    raw = f"x {secret} y".encode()
    return {
        "base64": base64.b64encode(raw).decode(),
        "base64 for addresses": base64.urlsafe_b64encode(raw).decode(),
        "hex": raw.hex(),
        "every letter percent-escaped": "".join(f"%{byte:02x}" for byte in raw),
        "every letter JSON-escaped": "".join(f"\\u{byte:04x}" for byte in raw),
    }


@pytest.mark.parametrize("encoding", encodings(""))
@pytest.mark.parametrize("secret", [TOKEN, PASSWORD])
@pytest.mark.parametrize("before", ["", "/", "id-"])
def test_an_encoded_secret_never_stays(secret: str, encoding: str, before: str) -> None:
    redactor = Redactor()
    redactor.add_secret(secret, "x")
    encoded = encodings(secret)[encoding]
    assert encoded not in redactor.redact(f'{{"debug": "{before}{encoded}"}}')


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_part_of_a_known_token_never_stays(part: int) -> None:
    redactor = Redactor()
    redactor.add_secret(TOKEN, "token")
    assert redactor.redact(f"a{TOKEN.split('.')[part]}b") == "a[token]b"


def test_a_long_word_with_several_secrets_in_it_keeps_the_rest() -> None:
    redactor = Redactor()
    redactor.add_secret("a" * 16, "one")
    redactor.add_secret("b" * 20, "two")
    assert redactor.redact(f"<{'b' * 20}-{'a' * 16}c{'a' * 16}>") == "<[two]-[one]c[one]>"


@pytest.mark.parametrize(
    "hashed",
    [
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$argon2id$v=19$m=65536,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ/iyh7uJ0LO2aLEfrHwTWllSAxT0zRno",
        "$pbkdf2-sha256$6400$0ZrzXitFSGltTQnBWOsdew$Y11AchqV4b0sUisdZd0Xr97KWoymNE0LNNrnEgY4H9M",
    ],
)
def test_the_hash_of_a_password_never_stays(hashed: str) -> None:
    assert Redactor().redact(f"hash={hashed}, salt") == "hash=[password hash], salt"


@pytest.mark.parametrize(
    "text",
    [
        "100%41 and \\u0041 are said as they were",
        "5f0c1b9e-7c1d-4f9c-9a53-2b8f4c1de0aa r-4a0317a322f5bca1",
        base64.b64encode(b"a picture of nobody, or a cursor: 4711").decode(),
        "it costs $1$ or $2",
    ],
)
def test_what_holds_no_secret_stays_exactly_as_it_was_said(text: str) -> None:
    redactor = Redactor()
    redactor.add_secret(TOKEN, "token")
    redactor.add_secret(PASSWORD, "password")
    assert redactor.redact(text) == text


@given(secrets, st.sampled_from(["version", "status", "subprotocol"]))
def test_no_record_is_kept_with_a_secret_in_it(secret: str, kind: str) -> None:
    redactor = Redactor()
    redactor.add_secret(secret, "x")
    told = {
        "version": records.DeploymentBuild(t=0, version=secret),
        "status": records.Health(t=0, http=200, status=secret, detail=secret),
        "subprotocol": records.Connected(
            t=0, connection="c", user="u", took_ms=1, subprotocol=secret
        ),
    }[kind]
    kept = records.cleaned(told, redactor.redact)
    values = {k: v for k, v in msgspec.to_builtins(kept).items() if k != "kind"}.values()
    assert secret not in str([*values])  # the record's own words are no secret of anybody's


def test_the_words_that_checks_compare_stay_whatever_is_secret() -> None:
    redactor = Redactor()
    redactor.add_secret("target", "a poor secret")
    closed = records.Closed(t=0, connection="c", user="u", by="target", reason="target")
    assert records.cleaned(closed, redactor.redact) == records.Closed(
        t=0, connection="c", user="u", by="target", reason="[a poor secret]"
    )


@pytest.mark.parametrize(
    "piece", ["x", "%", "&", "\\", "a%41", "zq", "ey", "eyJ", "$2b$", "6c", "A=", "a.", "%u", "b"]
)
def test_hostile_text_cannot_make_it_take_for_ever(piece: str) -> None:
    redactor = Redactor()
    redactor.add_canary(new_canary(), "s01/Alice")
    text = piece * (60_000 // len(piece)) + " % & \\u00 zq ey $"
    began = time.process_time()
    redactor.redact(text)
    redactor.mentions(text)
    assert time.process_time() - began < 1.5
