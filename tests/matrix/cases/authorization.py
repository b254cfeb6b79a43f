"""What the scenarios of boundaries and rights catch."""

from __future__ import annotations

from case import Case

NAME = "Nobody can speak in another user's name"
CANCEL = "Nobody can cancel another user's run, nor learn that there is one"
GUESS = "Nobody can cancel a run by guessing its name from their own"
CONVERSATION = "Nobody can join another user's conversation, nor learn that there is one"
STREAM = "Nobody can be sent what another user has missed"
REQUEST = "Two users may give their requests the same name"
RETURN = "Who comes back is sent nothing of anybody else's"
TWO = "Two users at work see their own events and nothing of each other"
READER = "Who may only read sees everything of their own, and starts and stops nothing"
NO_RIGHT = "Who has no right to the chat stays out"
OPERATOR = "Only an operator can speak to everybody"
EVERYBODY = "What everybody hears holds nothing of anybody"

CASES = (
    Case("payload-user-believed", NAME, r"claimed in “user_id”, a cancel was not refused"),
    Case("nested-user-believed", NAME, r"Alice received agent_started of a run of Mallory's"),
    Case("anyones-run-cancelled", NAME, r"claimed in “user_id”, a cancel was not refused"),
    Case("anyones-run-cancelled", CANCEL, r"the run ended as cancelled, not as succeeded"),
    Case("refusal-tells-existence", CANCEL, r"a run under way of Alice was not refused: error for"),
    Case("existence-told-by-shape", CANCEL, r"a run under way of Alice is told from one that does"),
    Case("existence-told-by-time", CANCEL, r"a run under way of Alice is told by the time"),
    Case("error-quotes-another", CANCEL, r"Mallory received the secret of Alice"),
    Case("counted-runs-cancelled", GUESS, r"the run ended as cancelled, not as succeeded"),
    Case("anyones-thread-continued", CONVERSATION, r"is told from one that does not exist: accept"),
    Case("anyones-stream-resumed", STREAM, r"Mallory received (the secret|the run id) of Alice"),
    Case("request-ids-known-across-users", REQUEST, r"accepted|no event|never"),
    Case("leak-on-resume", RETURN, r"Bob received .+ of Alice"),
    Case("leak-in-pieces", TWO, r"received part of the secret of"),
    Case("leak-in-base64", TWO, r"received the secret of"),
    Case("leak-percent-encoded", TWO, r"received the secret of"),
    Case("greeting-names-others", TWO, r"received the user id of"),
    Case("acceptance-names-others", TWO, r"received the user id of"),
    Case("readers-may-talk", READER, r"the agent was within reach: accepted"),
    Case("readers-may-cancel", READER, r"a run of Alice was within reach: no answer"),
    Case("readers-refused", READER, r"refused: HTTP 403"),
    Case("anyone-may-connect", NO_RIGHT, r"with a token for nothing a visitor was told"),
    Case("anyone-may-announce", OPERATOR, r"heard what was announced as an ordinary user"),
    Case("announcements-unguarded", OPERATOR, r"heard what was announced without a token"),
    Case("announcement-quotes-someone", EVERYBODY, r"received the secret of"),
)
