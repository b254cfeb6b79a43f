"""Parts of the dialects that the small agents of the tests speak; a file is made of several."""

from __future__ import annotations

#: A question is a message; its run has a beginning and an end, and nothing in between.
ASKS = """
[send.ask]
message = { ask = "{text}", id = "{request_id}" }
[runs]
lacks = ["agent_thinking", "tool_executing", "tool_completed"]
"""
PINGS = """
[send.ping]
message = { ping = "{nonce}" }
[[read]]
when = "pong"
says = "pong"
get = { nonce = "pong" }
"""
#: A run has the id of its question.
RUNS_OF_THE_QUESTION = """
[event.get]
run_id = "id"
[[read]]
when = "began"
says = "accepted"
get = { request_id = "id", run_id = "id" }
more = true
[[read]]
when = "began"
says = "agent_started"
[[read]]
when = "done"
says = "agent_completed"
data = { response = "done" }
set = { "data.status" = "succeeded" }
"""
#: A run has an id of its own, which the acceptance of the question names.
RUNS = """
[event.get]
run_id = "run"
[[read]]
when = "re"
says = "accepted"
get = { request_id = "re", run_id = "run" }
more = true
[[read]]
when = "begin"
says = "agent_started"
[[read]]
when = "end"
says = "agent_completed"
data = { response = "end" }
set = { "data.status" = "succeeded" }
"""
PLAIN_QUESTION = """
[prompts]
plain = "Good morning ({tag}), my note is {canary}"
[answers]
plain = ["{tag}"]
"""
