"""The fast way to read says exactly what the general way says, and is fast."""

from __future__ import annotations

import json
import time
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings
from test_reading import CONTRACT, DATA, event

from support.dialects import Dialect, Person, load_dialect
from support.journal import facts

DIALECT = load_dialect("agent-chat-v1")
MESSAGES = [message for message, _ in CONTRACT] + [event(kind) for kind in DATA]


def both_ways(dialect: Dialect, text: str) -> tuple[facts.AnyFact | None, Any]:
    """What the typed reader says (None: nothing), and what the general one says."""
    assert dialect.wire.typed is not None
    return dialect.wire.typed(text), dialect.read(text)


def anything() -> st.SearchStrategy[Any]:
    plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    return st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A message of the contract with some value, at the top or in its data, left out or wrong."""
    message = json.loads(json.dumps(draw(st.sampled_from(MESSAGES))))
    for _ in range(draw(st.integers(0, 3))):
        inner = message.get("data")
        where = inner if isinstance(inner, dict) and inner and draw(st.booleans()) else message
        key = draw(st.sampled_from([*sorted(where), ""]) | st.text(max_size=5))
        if draw(st.booleans()):
            where.pop(key, None)
        else:
            where[key] = draw(anything())
    return message


def test_events_and_answers_are_read_the_fast_way() -> None:
    types = {m["type"] for m in MESSAGES if both_ways(DIALECT, json.dumps(m))[0] is not None}
    assert types >= {"accepted", "subscribed", "pong", "closing"}
    assert types >= {"agent_started", "agent_thinking", "tool_executing", "tool_completed"}
    assert types >= {"agent_completed", "agent_failed"}


@settings(max_examples=400)
@given(damaged())
def test_both_ways_say_the_same_of_any_message(message: dict[str, Any]) -> None:
    try:
        text = json.dumps(message, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        return
    fast, general = both_ways(DIALECT, text)
    assert fast is None or (fast,) == general


# --- what it costs


class Data(msgspec.Struct, tag_field="type", tag="agent_thinking", forbid_unknown_fields=True):
    """What a person would write for this one message."""

    event_id: int
    epoch: str
    run_id: str
    thread_id: str
    user_id: str
    timestamp: float
    data: dict[str, Any]


DECODE = msgspec.json.Decoder(Data).decode


def by_hand(text: str) -> facts.Event:
    """The same fact, with all that the dialect verifies, written by hand."""
    if text.count("{") + text.count("[") > 100:
        raise ValueError
    m = DECODE(text)
    data = m.data
    if not (m.epoch and m.run_id and m.thread_id and m.user_id):
        raise ValueError
    if type(data.get("text")) is not str or data.get("step") in (None, ""):
        raise ValueError
    return facts.Event(
        type="agent_thinking",
        position=m.event_id,
        epoch=m.epoch,
        run_id=m.run_id,
        thread_id=m.thread_id,
        user_id=m.user_id,
        timestamp=m.timestamp,
        data=data,
    )


def fastest(*readers: Any, text: str, times: int = 500) -> list[float]:
    """Of each, the best of many short rounds in turn: what else the machine does disturbs a few."""
    best = [float("inf")] * len(readers)
    for _ in range(400):
        for number, read in enumerate(readers):
            began = time.perf_counter()
            for _ in range(times):
                read(text)
            best[number] = min(best[number], time.perf_counter() - began)
    return [spent / times for spent in best]


@pytest.mark.alone
def test_the_dialect_costs_at_most_half_as_much_again_as_code_by_hand() -> None:
    text = json.dumps(next(m for m in MESSAGES if m["type"] == "agent_thinking"))
    assert DIALECT.wire.typed is not None
    assert DIALECT.wire.typed(text) == by_hand(text)
    typed_s, by_hand_s = fastest(DIALECT.wire.typed, by_hand, text=text)
    assert typed_s <= 1.5 * by_hand_s, f"{typed_s * 1e6:.2f} µs, {by_hand_s * 1e6:.2f} µs by hand"


def test_a_connection_reads_the_same_as_the_typed_reader() -> None:
    conversation = DIALECT.conversation(Person())
    assert conversation.opened("token") == []
    for message, fact in CONTRACT:
        assert conversation.read(json.dumps(message)).facts == (fact,)
