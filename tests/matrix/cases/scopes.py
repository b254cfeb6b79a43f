"""What the scenarios of scopes catch."""

from __future__ import annotations

from case import Case

READER = "A read-only token shows the user's events and cannot start or cancel anything"
NO_SCOPE = "A token without a scope for the chat is refused"
TABLET = "A read-only device receives announcements"
OPERATOR = "Only an operator can make announcements"
EVERYONE = "An announcement contains nothing of any user"

CASES = (
    Case("readers-may-talk", READER, r"the agent was within reach: accepted"),
    Case("readers-may-cancel", READER, r"a run of Alice was not refused: no answer came"),
    Case("readers-refused", READER, r"refused: HTTP 403"),
    Case("anyone-may-connect", NO_SCOPE, r"with a token for nothing a client received"),
    Case("anyone-may-announce", OPERATOR, r"received the announcement as an ordinary user"),
    Case("similar-scopes-announce", OPERATOR, r"received the announcement with a similar scope"),
    Case(
        "announcements-unverified",
        OPERATOR,
        r"received the announcement with an unsigned token of an operator",
    ),
    Case(
        "announcements-after-expiry",
        OPERATOR,
        r"received the announcement with an expired operator's token",
    ),
    Case(
        "announcements-for-any-audience",
        OPERATOR,
        r"received the announcement with an operator's token for another audience",
    ),
    Case(
        "announcements-with-refresh-token",
        OPERATOR,
        r"received the announcement with an operator's refresh token",
    ),
    Case("announcements-skip-readers", TABLET, r"it reached Tablet never"),
    Case("readers-see-others", TABLET, r"Tablet received the secret of Bob"),
    Case("announcements-unguarded", OPERATOR, r"received the announcement without a token"),
    Case("announcement-quotes-someone", EVERYONE, r"received the secret of"),
)
