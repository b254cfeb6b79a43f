"""A stub model for trying agents: OpenAI's HTTP interfaces on loopback, deterministic answers.

`python tests/dialects/stub_model.py 8099` serves `/v1/responses` and `/v1/chat/completions`. What
it does follows from the words of the newest question: "work out 12 * 7" calls the agent's tool for
shell commands (the agent really runs `echo 84`), "think for N ms" makes that take as long,
"remember my note X" and "recall" repeat notes, "fail" is answered by HTTP 500, and all else is
quoted.
"""

from __future__ import annotations

import json
import re
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_SHELLS = ("exec_command", "shell_command", "shell", "terminal", "execute_bash", "bash")
_NOTE = re.compile(r"remember my note (\S+)")


def _text(content: Any) -> str:
    """The words of a message; of several parts the last, since agents join questions."""
    if isinstance(content, list):
        parts = [part.get("text", "") for part in content if isinstance(part, dict)]
        return parts[-1] if parts else ""
    return content if isinstance(content, str) else ""


class Turn:
    """What is to be answered: the newest question, the notes before it, whether a tool has run."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        said = [(i, _text(m.get("content"))) for i, m in enumerate(messages) if _is_question(m)]
        at, self.question = said[-1] if said else (-1, "")
        self.notes = [note for _, text in said for note in _NOTE.findall(text)]
        later = messages[at + 1 :]
        self.used_tool = any(
            m.get("role") == "tool" or str(m.get("type", "")).endswith("_output") for m in later
        )

    @property
    def fails(self) -> bool:
        """True when the model is to refuse its service."""
        return "fail" in self.question

    @property
    def delay_s(self) -> float:
        """How long the question wants the run to take."""
        found = re.search(r"think for (\d+) ms", self.question)
        return int(found.group(1)) / 1000 if found else 0.0

    def commands(self) -> list[str]:
        """The shell commands to run first, if any."""
        if self.used_tool or "work out 12 * 7" not in self.question:
            return []
        first = f"sleep {self.delay_s}; echo 84" if self.delay_s else "echo 84"
        return [first, "echo 84 is kept"] if _NOTE.search(self.question) else [first]

    def answer(self) -> str:
        """What to say in the end."""
        if "recall" in self.question:
            return "Your notes: " + ", ".join(self.notes) + ". " + self.question
        return ("That makes 84. " if self.used_tool else "") + "You said: " + self.question


def _is_question(message: dict[str, Any]) -> bool:
    text = _text(message.get("content"))
    return message.get("role") == "user" and not text.lstrip().startswith(("<", "# AGENTS"))


def tool_call(tools: list[dict[str, Any]], command: str) -> tuple[str, str] | None:
    """The name and the arguments of the agent's shell tool; None where it has none."""
    named = {t.get("function", t).get("name"): t.get("function", t) for t in tools}
    for name in _SHELLS:
        if name in named:
            shape = named[name].get("parameters") or {}
            given: dict[str, Any] = {}
            for key, kind in shape.get("properties", {}).items():
                if key in ("cmd", "command"):
                    listed = kind.get("type") == "array"
                    given[key] = ["bash", "-lc", command] if listed else command
            for key in shape.get("required", []):
                given.setdefault(key, "LOW" if "risk" in key else "run it")
            return name, json.dumps(given)
    return None


class Handler(BaseHTTPRequestHandler):
    """Answers both interfaces, streamed."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the questions are somebody's."""

    def do_GET(self) -> None:
        """List the one model."""
        self._json({"object": "list", "data": [{"id": "stub", "object": "model"}]})

    def do_POST(self) -> None:
        """Answer a question."""
        size = int(self.headers.get("content-length") or 0)
        asked = json.loads(self.rfile.read(size) or b"{}")
        responses = self.path.endswith("/responses")
        messages = asked.get("input" if responses else "messages") or []
        turn = Turn(
            [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
        )
        if turn.fails:
            return self._json({"error": {"message": "E_REHEARSAL", "type": "server_error"}}, 500)
        tools = asked.get("tools") or []
        calls = [call for text in turn.commands() if (call := tool_call(tools, text))]
        try:
            (self._respond if responses else self._chat)(asked, turn, calls)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        return None

    def _json(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True

    def _event(self, value: Any, name: str = "") -> None:
        said = value if isinstance(value, str) else json.dumps(value)
        self.wfile.write((f"event: {name}\n" * bool(name) + f"data: {said}\n\n").encode())
        self.wfile.flush()

    def _respond(self, asked: Any, turn: Turn, calls: list[tuple[str, str]]) -> None:
        """The Responses interface."""
        base: dict[str, Any] = {
            "id": _id("resp"),
            "object": "response",
            "model": "stub",
            "status": "in_progress",
        }
        base |= {"created_at": int(time.time()), "output": []}
        self._stream()

        def event(kind: str, **more: Any) -> None:
            self._event({"type": kind, **more}, kind)

        def item(index: int, value: dict[str, Any]) -> None:
            event("response.output_item.added", output_index=index, item=value)
            event("response.output_item.done", output_index=index, item=value)

        event("response.created", response=base)
        thought: dict[str, Any] = {
            "type": "reasoning",
            "id": _id("rs"),
            "content": None,
            "encrypted_content": None,
        }
        thought["summary"] = [{"type": "summary_text", "text": "I think about it."}]
        item(0, thought)
        output = [thought]
        for number, (name, arguments) in enumerate(calls, 1):
            made: dict[str, Any] = {
                "type": "function_call",
                "id": _id("fc"),
                "call_id": _id("call"),
            }
            made |= {"name": name, "arguments": arguments, "status": "completed"}
            item(number, made)
            output.append(made)
        if not calls:
            time.sleep(0 if turn.used_tool else turn.delay_s)
            text = turn.answer()
            made = {"type": "message", "id": _id("msg"), "role": "assistant", "status": "completed"}
            event("response.output_item.added", output_index=1, item={**made, "content": []})
            for words in _pieces(text):
                where = {"item_id": made["id"], "output_index": 1, "content_index": 0}
                event("response.output_text.delta", **where, delta=words)
            made["content"] = [{"type": "output_text", "text": text, "annotations": []}]
            event("response.output_item.done", output_index=1, item=made)
            output.append(made)
        usage: dict[str, Any] = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        usage |= {"input_tokens_details": {"cached_tokens": 0}}
        usage |= {"output_tokens_details": {"reasoning_tokens": 0}}
        done = {**base, "status": "completed", "output": output, "usage": usage}
        event("response.completed", response=done)

    def _chat(self, asked: Any, turn: Turn, calls: list[tuple[str, str]]) -> None:
        """The Chat Completions interface."""
        base: dict[str, Any] = {
            "id": _id("chatcmpl"),
            "object": "chat.completion.chunk",
            "model": "stub",
        }
        base["created"] = int(time.time())
        made = [
            {
                "id": _id("call"),
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for name, arguments in calls
        ]
        text = turn.answer()
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        ends = "tool_calls" if made else "stop"
        if not asked.get("stream"):
            message: dict[str, Any] = {"role": "assistant", "content": None if made else text}
            message |= {"tool_calls": made} if made else {}
            choice = {"index": 0, "message": message, "finish_reason": ends}
            return self._json(
                {**base, "object": "chat.completion", "choices": [choice], "usage": usage}
            )
        self._stream()

        def piece(delta: dict[str, Any], end: str | None = None) -> None:
            self._event({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]})

        piece({"role": "assistant", "content": ""})
        piece({"reasoning_content": "I think about it."})
        if made:
            piece({"tool_calls": [{"index": i, **call} for i, call in enumerate(made)]})
        else:
            if not turn.used_tool:
                time.sleep(turn.delay_s)
            for words in _pieces(text):
                piece({"content": words})
        piece({}, ends)
        self._event({**base, "choices": [], "usage": usage})
        self._event("[DONE]")
        return None


def _id(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex[:12]}"


def _pieces(text: str) -> list[str]:
    return [text[i : i + 40] for i in range(0, len(text), 40)]


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.daemon_threads = True
    print(f"a stub model on http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()
