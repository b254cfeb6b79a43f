"""What is done about messages, good and bad."""

from __future__ import annotations

import contextlib
import json
import struct
import zlib

import pytest
import requests
from reference_service import Chatter, RawClient, Service, User
from websockets.exceptions import ConnectionClosed


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "invalid_json"),
        ("", "invalid_json"),
        ("[" * 30_000, "invalid_json"),
        ('{"type":"ping","nonce":' + "[" * 30_000 + "]" * 30_000 + "}", "invalid_json"),
        ('{"type":"x","y":' + '{"":' * 13_000 + "1" + "}" * 13_000 + "}", "invalid_json"),
        ('{"type":"ping","nonce":"\\ud800"}', "invalid_json"),
        ("[]", "invalid_message"),
        ("null", "invalid_message"),
        ('{"type":7}', "invalid_message"),
        ('{"type":"ping"}', "invalid_message"),
        ('{"type":"user_message","request_id":7,"content":"x"}', "invalid_message"),
        ('{"type":"user_message","request_id":"1"}', "invalid_message"),
        ('{"type":"user_message","request_id":"1","content":""}', "invalid_message"),
        ('{"type":"subscribe","after":1}', "invalid_message"),
        ('{"type":"subscribe","epoch":"e","after":"1"}', "invalid_message"),
        ('{"type":"subscribe","epoch":"e","after":true}', "invalid_message"),
        ('{"type":"cancel_run"}', "invalid_message"),
        ('{"type":"dance"}', "unknown_type"),
    ],
)
def test_a_broken_message_gets_an_error_and_the_connection_goes_on(
    alice: Chatter, text: str, code: str
) -> None:
    alice.connection.send(text)
    error = alice.until("error")
    assert set(error) == {"type", "code", "message", "request_id"}
    assert error["code"] == code
    assert alice.fence() == []


def test_an_error_names_the_request_it_is_about(alice: Chatter) -> None:
    alice.send(type="user_message", request_id="mine", content=7)
    assert alice.until("error")["request_id"] == "mine"


def test_the_same_request_runs_once(alice: Chatter) -> None:
    first = alice.ask("2 + 2", request_id="same")
    alice.until("agent_completed")
    second = alice.ask("2 + 2", request_id="same")
    assert (first["duplicate"], second["duplicate"]) == (False, True)
    assert (first["run_id"], first["thread_id"]) == (second["run_id"], second["thread_id"])
    assert alice.fence() == []


def test_the_same_request_id_of_two_users_is_two_requests(service: Service, alice: Chatter) -> None:
    first = alice.ask("2 + 2", request_id="same")
    with service.connect(service.sign_up()) as bob:
        assert bob.ask("2 + 2", request_id="same")["run_id"] != first["run_id"]


def test_a_conversation_is_continued_by_its_owner_only(service: Service, alice: Chatter) -> None:
    thread_id = alice.ask("hello")["thread_id"]
    assert alice.ask("hello again", thread_id=thread_id)["thread_id"] == thread_id
    with service.connect(service.sign_up()) as bob:
        for unknown in (thread_id, "t-0000000000000000"):
            bob.send(type="user_message", request_id=unknown, content="hi", thread_id=unknown)
            error = bob.until("error")
            assert (error["code"], error["message"]) == ("not_found", "There is no such thread.")


def test_a_user_id_in_a_message_is_ignored(service: Service, alice: Chatter, user: User) -> None:
    with service.connect(service.sign_up()) as bob:
        bob.send(type="user_message", request_id="1", content="hi", user_id=user.user_id)
        assert bob.until("agent_completed")["user_id"] == bob.ready["user_id"]
    assert alice.fence() == []


def test_a_reader_may_subscribe_but_not_talk(service: Service) -> None:
    reader = service.addresses["reader"]
    with service.connect(service.sign_in(reader["email"], reader["password"])) as chatter:
        chatter.send(type="user_message", request_id="1", content="hi")
        error = chatter.until("error")
        assert (error["code"], error["request_id"]) == ("forbidden", "1")
        chatter.send(type="cancel_run", run_id="r-1")
        assert chatter.until("error")["code"] == "forbidden"


def of_size(size: int) -> str:
    """Return a user message of exactly ``size`` bytes."""
    frame = json.dumps({"type": "user_message", "request_id": "big", "content": ""})
    return frame[:-2] + "x" * (size - len(frame)) + frame[-2:]


def test_a_message_of_exactly_the_limit_is_answered_whole(alice: Chatter) -> None:
    text = of_size(65_536)
    alice.connection.send(text)
    assert json.loads(text)["content"] in alice.until("agent_completed")["data"]["response"]


def test_one_byte_more_is_closed_with_1009(alice: Chatter) -> None:
    alice.connection.send(of_size(65_537))
    assert alice.close_code() == 1009


def test_a_message_in_many_fragments_arrives_whole(alice: Chatter) -> None:
    text = of_size(30_000)
    alice.connection.send(text[start : start + 1_000] for start in range(0, 30_000, 1_000))
    assert json.loads(text)["content"] in alice.until("agent_completed")["data"]["response"]


def test_fragments_together_over_the_limit_are_closed_with_1009(alice: Chatter) -> None:
    # The sender may notice the close at once or only afterwards.
    with contextlib.suppress(ConnectionClosed):
        alice.connection.send("x" * 60_000 for _ in range(100))
    assert alice.close_code() == 1009


def test_compressed_messages_work_both_ways(service: Service, user: User) -> None:
    with service.connect(user, compression="deflate") as chatter:
        assert chatter.connection.protocol.extensions
        assert "x" * 9_000 in chatter.run("x" * 9_000)[-1]["data"]["response"]


def test_a_compression_bomb_is_closed_with_1009_and_takes_no_memory(
    service: Service, user: User
) -> None:
    before = service.metric("process_resident_memory_bytes")
    chatter = service.connect(user, compression="deflate")
    packer = zlib.compressobj(wbits=-12)
    bomb = packer.compress(b" " * 20_000_000) + packer.flush(zlib.Z_SYNC_FLUSH)
    text, compressed = 0x81, 0x40
    header = struct.pack("!BBH", text | compressed, 0x80 | 126, len(bomb) - 4) + b"\0\0\0\0"
    chatter.connection.socket.sendall(header + bomb[:-4])
    assert chatter.close_code() == 1009
    assert service.metric("process_resident_memory_bytes") - before < 10_000_000


def test_a_binary_frame_is_closed_with_1003(alice: Chatter) -> None:
    alice.connection.send(b"\x00\x01")
    assert alice.close_code() == 1003


VIOLATIONS = {
    "unmasked": (b"\x81\x02hi", 1002),
    "reserved bit": (b"\xc1\x80\x00\x00\x00\x00", 1002),
    "reserved opcode": (b"\x83\x80\x00\x00\x00\x00", 1002),
    "fragmented ping": (b"\x09\x80\x00\x00\x00\x00", 1002),
    "long ping": (b"\x89\xfe\x00\x7e\x00\x00\x00\x00" + b"x" * 126, 1002),
    "bare continuation": (b"\x80\x80\x00\x00\x00\x00", 1002),
    "close code 1005": (b"\x88\x82\x00\x00\x00\x00\x03\xed", 1002),
    "close with one byte": (b"\x88\x81\x00\x00\x00\x00\x03", 1002),
    "invalid UTF-8": (b"\x81\x82\x00\x00\x00\x00\xff\xff", 1007),
    "invalid UTF-8, then a close": (b"\x81\x81\0\0\0\0\xff\x88\x82\0\0\0\0\x03\xe8", 1000),
    "oversize, never sent": (b"\x81\xff\x00\x00\x00\x01\x00\x00\x00\x00", 1009),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_violation_is_closed_with_its_code(service: Service, user: User, name: str) -> None:
    data, code = VIOLATIONS[name]
    raw = RawClient(service, user.token)
    raw.write(data)
    assert raw.close_code() == code


def test_a_message_before_a_violation_is_still_handled(service: Service, user: User) -> None:
    raw = RawClient(service, user.token)
    raw.protocol.send_text(b'{"type":"user_message","request_id":"last","content":"hi"}')
    raw.write(b"".join(raw.protocol.data_to_send()) + VIOLATIONS["unmasked"][0])
    assert raw.close_code() == 1002
    with service.connect(user) as chatter:
        assert chatter.ask("hi", request_id="last")["duplicate"] is True


def test_announcements_reach_everyone_subscribed_and_are_nobodys(
    service: Service, alice: Chatter
) -> None:
    operator = service.addresses["operator"]
    token = service.sign_in(operator["email"], operator["password"]).token
    url = f"{service.chat_url}/announcements"

    def say(bearer: str | None, body: object) -> int:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return requests.post(url, json=body, headers=headers, timeout=5).status_code

    alice.run("hello")
    with service.connect(service.sign_up(), subscribed=False) as bob:
        assert say(token, {"message": "Maintenance at noon"}) == 202
        announcement = alice.until("announcement")
        assert set(announcement) == {"type", "timestamp", "data"}
        assert announcement["data"] == {"message": "Maintenance at noon"}
        assert bob.fence() == []
    assert say(None, {"message": "x"}) == 401
    assert say("garbage", {"message": "x"}) == 401
    assert say(service.sign_up().token, {"message": "x"}) == 403
    assert say(token, {"message": 7}) == 422
