"""What the scenarios of authorization catch."""

from __future__ import annotations

from case import Case

NAME = "A user cannot act in another user's name"
CANCEL = "A user cannot cancel another user's run or learn that it exists"
GUESS = "A user cannot cancel a run by guessing its id"
CONVERSATION = "A user cannot join another user's conversation or learn that it exists"
STREAM = "A user cannot resume another user's stream or learn that it exists"
REQUEST = "Two users can use the same request id"
RETURN = "A user who reconnects receives nothing of another user"

CASES = (
    Case("payload-user-believed", NAME, r"claimed in “user_id”, a cancel was not refused"),
    Case("nested-user-believed", NAME, r"Alice received agent_started of a run of Mallory's"),
    Case("anyones-run-cancelled", NAME, r"claimed in “user_id”, a cancel was not refused"),
    Case("anyones-run-cancelled", CANCEL, r"the run ended as cancelled, not as succeeded"),
    Case("refusal-tells-existence", CANCEL, r"a run under way of Alice was not refused: error for"),
    Case(
        "existence-told-by-shape", CANCEL, r"a run under way of Alice is distinguishable from one"
    ),
    Case("existence-told-by-time", CANCEL, r"a run under way of Alice is revealed by timing"),
    Case("error-quotes-another", CANCEL, r"Mallory received the secret of Alice"),
    Case("counted-runs-cancelled", GUESS, r"the run ended as cancelled, not as succeeded"),
    Case(
        "anyones-thread-continued",
        CONVERSATION,
        r"is distinguishable from one that does not exist: accept",
    ),
    Case("anyones-stream-resumed", STREAM, r"Mallory received (the secret|the run id) of Alice"),
    Case("request-ids-known-across-users", REQUEST, r"accepted|no event|never"),
    Case("leak-on-resume", RETURN, r"Bob received .+ of Alice"),
    Case("anothers-question-in-header", RETURN, r"Bob received the secret of Alice"),
)
