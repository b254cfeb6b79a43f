"""The whole gate in safe mode, with every means to do harm: a recorder sees what arrives."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked
import jwt
import pytest
from gates import LATE
from recorded import SECRET, started, stopped
from recorder import CONTROL_BYTES, Arrived, Recorder, WireFrame, most_within
from run_files import journal_lines

from support.config.safety import (
    AUTH_CALLS_PER_S,
    CONNECTS_PER_S,
    KINDS,
    LEVELS,
    MESSAGE_BYTES,
    MESSAGES_PER_S,
    MOST,
)

pytestmark = pytest.mark.early

ROOT = Path(__file__).resolve().parents[2]
GATE_S = 900.0
TEXT, CONTINUATION, BINARY, CLOSE, PING, PONG = 0x1, 0x0, 0x2, 0x8, 0x9, 0xA


@dataclass
class Recorded:
    """What the gate did: at both services, by control commands, and in its own report."""

    code: int
    output: str
    chat: Arrived
    auth: Arrived
    controlled: str
    folder: Path


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("safe")
    service, said = started(folder / "reference")
    chat, auth = Recorder(said["chat_url"]), Recorder(said["auth_url"])
    file = folder / "hostile.toml"
    file.write_text(_environment(chat.url, auth.url, folder / "controlled"), "utf-8")
    ran = _behave(file, folder / "reports")
    chat.close()
    auth.close()
    stopped(service)
    controlled = folder / "controlled"
    return Recorded(
        ran.returncode,
        ran.stdout,
        chat.arrived,
        auth.arrived,
        controlled.read_text() if controlled.exists() else "",
        folder / "reports" / "latest",
    )


def _environment(chat_url: str, auth_url: str, controlled: Path) -> str:
    """Safe, with the signing secret, every control command, and sizes as large as they may be."""
    commands = ("stop", "start", "kill", "stop_auth", "start_auth", "stop_store", "start_store")
    control = "".join(f'{name} = "echo {name} >> {controlled}"\n' for name in commands)
    sizes: dict[str, list[str]] = {}
    for setting in MOST:
        table, key = setting.split(".")
        largest = 100 if key in ("storm", "users", "group") else 1000
        sizes.setdefault(table, []).append(f"{key} = {largest}\n")
    tables = "".join(f"[{table}]\n{''.join(lines)}" for table, lines in sizes.items())
    tables = tables.replace("[chaos]\n", "[chaos]\ndelay_ms = [10, 50]\n")
    return (
        f'chat_url = "{chat_url}"\nauth_url = "{auth_url}"\njwt_secret = "{SECRET}"\n'
        f"safe = true\nhtml = false\n{tables}[control]\n{control}"
        "[policy]\nthroughput_per_s = 1\n"
        'leave_out = ["average_latency", "p95_latency", "p99_latency", "recovery"]\n'
        'must = ["A1", "A2", "B1", "E1", "F1", "F2", "H1"]\n'
    )


def _behave(environment: Path, reports: Path) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GREENLIGHT_", "BEHAVE"))}
    return forked.run(
        [sys.executable, "-m", "behave", "--tags=@critical"],
        cwd=ROOT,
        env={
            **kept,
            "GREENLIGHT_ENVIRONMENT": str(environment),
            "GREENLIGHT_REPORTS": str(reports),
            "NO_COLOR": "1",
        },
        stderr=subprocess.STDOUT,
        timeout=GATE_S,
    )


def messages(arrived: Arrived) -> list[tuple[float, bytes]]:
    """Every data message, decompressed, with the time of its first frame; one that decompresses to
    more than may be sent is cut there."""
    found: list[tuple[float, bytes]] = []
    begun: dict[int, tuple[float, bool, bytes]] = {}
    windows: dict[int, zlib._Decompress] = {}
    for frame in arrived.frames:
        if frame.opcode in (TEXT, BINARY):
            begun[frame.connection] = (frame.at, bool(frame.reserved & 0x40), b"")
        elif frame.opcode != CONTINUATION:
            continue
        at, packed, data = begun[frame.connection]
        begun[frame.connection] = at, packed, data + frame.payload
        if frame.fin:
            at, packed, data = begun.pop(frame.connection)
            if packed:
                window = windows.setdefault(frame.connection, zlib.decompressobj(-zlib.MAX_WBITS))
                data = window.decompress(data + b"\x00\x00\xff\xff", 2 * MESSAGE_BYTES)
            found.append((at, data))
    return found


def breaks_the_protocol(frame: WireFrame) -> bool:
    """True for what RFC 6455 forbids a client to send."""
    if not frame.masked or frame.opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
        return True
    if frame.reserved and not (frame.reserved == 0x40 and frame.compresses):
        return True
    if frame.opcode >= CLOSE and (frame.size > 125 or not frame.fin):
        return True
    if frame.opcode == CLOSE and frame.payload:
        code = int.from_bytes(frame.payload[:2], "big")
        return len(frame.payload) < 2 or not (1000 <= code < 5000) or code in (1004, 1005, 1006)
    return False


# --- the recorder has seen the gate at work


def test_the_recorder_sees_what_the_gate_does(gate: Recorded) -> None:
    assert len(messages(gate.chat)) > 500, gate.output
    assert sum(r.upgrades for r in gate.chat.requests) > 100
    assert any(r.path == "/token" for r in gate.auth.requests)


# --- what is never done


def test_no_announcement_arrives(gate: Recorded) -> None:
    assert [r for r in gate.chat.requests if "announce" in r.path] == []


def test_no_control_command_is_carried_out(gate: Recorded) -> None:
    assert gate.controlled == ""


def test_no_frame_breaks_the_protocol(gate: Recorded) -> None:
    assert [f for f in gate.chat.frames if breaks_the_protocol(f)] == []
    texts = [f.payload for f in gate.chat.frames if f.opcode == TEXT and f.fin and not f.reserved]
    for text in texts:
        text.decode("utf-8")


def test_no_message_is_large_or_decompresses_to_much(gate: Recorded) -> None:
    assert max(len(data) for _, data in messages(gate.chat)) <= MESSAGE_BYTES


def test_no_message_is_deeply_nested(gate: Recorded) -> None:
    deep = re.compile(rb"[\[{]" * (LEVELS + 1))
    assert [data[:80] for _, data in messages(gate.chat) if deep.search(data)] == []


def test_no_header_holds_control_characters(gate: Recorded) -> None:
    heads = [r.head for r in gate.chat.requests + gate.auth.requests]
    assert [head for head in heads if any(byte in CONTROL_BYTES for byte in head)] == []


def test_no_token_injects_anything_or_names_an_address(gate: Recorded) -> None:
    for request in gate.chat.requests:
        for token in re.findall(rb"[\w-]{8,}\.[\w-]+\.[\w-]*", request.head):
            try:
                header = jwt.get_unverified_header(token)
            except jwt.PyJWTError:
                continue
            assert not {"jku", "x5u"} & set(header)
            assert re.fullmatch(r"[\w-]*", str(header.get("kid", ""))), header


def test_no_password_is_guessed(gate: Recorded) -> None:
    passwords: dict[str, set[str]] = {}
    calls = [(r.path, json.loads(r.body)) for r in gate.auth.requests if r.method == "POST"]
    for path, body in calls:
        if path == "/users":
            assert body["email"] not in passwords, "an address was signed up twice"
            passwords[body["email"]] = {body["password"]}
        elif path == "/token":
            assert passwords.get(body["email"]) == {body["password"]}, "a password was guessed"


def test_no_handshake_is_left_unfinished(gate: Recorded) -> None:
    assert [data[:80] for data in gate.chat.unfinished if b"HTTP/1.1" in data] == []


# --- what is done, is done slowly and seldom


def test_messages_come_slowly(gate: Recorded) -> None:
    assert comes_slowly([at for at, _ in messages(gate.chat)], MESSAGES_PER_S)


def test_connection_attempts_come_slowly(gate: Recorded) -> None:
    assert comes_slowly([r.at for r in gate.chat.requests if r.upgrades], CONNECTS_PER_S)


def test_calls_to_the_auth_service_come_slowly(gate: Recorded) -> None:
    assert comes_slowly([r.at for r in gate.auth.requests if r.method == "POST"], AUTH_CALLS_PER_S)


def comes_slowly(times: list[float], per_s: int) -> bool:
    """True for what was sent at most `per_s` times in any one second.

    On its way it may bunch: what was sent at the end of one second arrives with what was sent at
    the beginning of the next.
    """
    return most_within(times, 1.0) <= 2 * per_s and most_within(times, 5.0) <= 6 * per_s


def test_sizes_of_ones_own_are_capped(gate: Recorded) -> None:
    assert len({body["email"] for body in _sign_ups(gate)}) < 400
    asked = [data for _, data in messages(gate.chat) if b'"user_message"' in data]
    assert len(asked) < 1500


def _sign_ups(gate: Recorded) -> list[dict[str, str]]:
    return [json.loads(r.body) for r in gate.auth.requests if r.path == "/users"]


# --- and the report says so


def test_a_healthy_service_is_approved_unless_this_machine_was_late(gate: Recorded) -> None:
    others = [o for o in _outcomes(gate) if o["status"] not in ("passed", "skipped")]
    late = [o for o in others if o["cause"] in LATE]
    assert others == late, gate.output
    expected = ("INCONCLUSIVE", 1) if late else ("APPROVED", 0)
    assert (_verdict(gate)["decision"], gate.code) == expected, gate.output


def test_what_was_left_out_is_listed(gate: Recorded) -> None:
    listed = {item["what"] for item in _verdict(gate)["not_assessed"]}
    # Ids of the reference cannot be guessed, and its messages are not large.
    expected = {f"Safe mode, {kind}" for kind in set(KINDS) - {"large_messages"}}
    assert expected <= listed
    assert {f"Safe mode, {setting}" for setting in MOST} <= listed


def test_what_is_left_out_is_never_passed(gate: Recorded) -> None:
    outcomes = _outcomes(gate)
    journal = [json.loads(line) for line in journal_lines(gate.folder)]
    in_scenarios = [r for r in journal if r["kind"] == "left_out" and r.get("scenario")]
    skipped = [o for o in outcomes if o["reason"].startswith("safe mode leaves this out")]
    assert len(skipped) == len(in_scenarios) > 30
    assert {o["status"] for o in skipped} == {"skipped"}
    needing = [o for o in outcomes if {f"needs.{kind}" for kind in KINDS} & set(o["tags"])]
    assert needing
    assert {o["status"] for o in needing} == {"skipped"}


def _verdict(gate: Recorded) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((gate.folder / "verdict.json").read_text("utf-8"))
    return found


def _outcomes(gate: Recorded) -> list[dict[str, Any]]:
    text = (gate.folder / "outcomes.json").read_text("utf-8")
    found: list[dict[str, Any]] = json.loads(text)["scenarios"]
    return found
