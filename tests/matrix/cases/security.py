"""What the scenarios of the category security catch."""

from __future__ import annotations

from case import Case

CASES = (
    Case(
        "signature-not-checked",
        "A visitor with a token signed with another secret stays out",
        r"with a token signed with another secret a visitor was told:",
    ),
    Case(
        "signature-compared-in-part",
        "A visitor with a truncated token stays out",
        r"with a truncated token a visitor was told: \{",
    ),
    Case(
        "nbf-not-checked",
        "A visitor with a token that is not valid yet stays out",
        r"with a token that is not valid yet a visitor was told: \{",
    ),
    Case(
        "iss-not-checked",
        "A visitor with a token from another issuer stays out",
        r"with a token from another issuer a visitor was told: \{",
    ),
    Case(
        "aud-not-checked",
        "A visitor with a token for another audience stays out",
        r"with a token for another audience a visitor was told: \{",
    ),
    Case(
        "exp-not-checked",
        "A visitor with an expired token stays out",
        r"with an expired token a visitor was told: \{",
    ),
    Case(
        "refresh-token-accepted",
        "A visitor with a refresh token stays out",
        r"with a refresh token a visitor was told: \{",
    ),
    Case(
        "alg-none-accepted",
        "A visitor with an unsigned token stays out",
        r"with an unsigned token a visitor was told: \{",
    ),
    Case(
        "anonymous-admitted",
        "A visitor with no token stays out",
        r"with no token a visitor was told: \{",
    ),
    Case(
        "malformed-token-accepted",
        "A visitor with a garbled token stays out",
        r"with a garbled token a visitor was told: \{",
    ),
    Case(
        "valid-token-refused",
        "A valid token is not refused, however often it is used",
        r"refused: HTTP",
    ),
    Case(
        "token-works-once",
        "A valid token is not refused, however often it is used",
        r"refused: HTTP",
    ),
    Case(
        "secrets-differ",
        "A token just issued by the sign-in service is accepted by the chat",
        r"refused: HTTP",
    ),
    Case(
        "leaky-refusal",
        "A visitor with no token stays out",
        r"with no token a visitor was told: \{",
    ),
    Case(
        "malformed-token-crashes",
        "A visitor with a garbled token stays out",
        r"with a garbled token a visitor was not refused as agreed: HT",
    ),
    Case(
        "events-to-everyone",
        "Two users at work see their own events and nothing of each other",
        r"received the secret of",
    ),
    Case(
        "tool-results-to-everyone",
        "Two users at work see their own events and nothing of each other",
        r"received the run id of",
    ),
    Case(
        "leak-in-a-crowd",
        "A crowd at work at once stays apart",
        r"received the secret of",
    ),
    Case(
        "anothers-data-in-event",
        "Two users at work see their own events and nothing of each other",
        r"received the secret of",
    ),
    Case(
        "anothers-note-in-answer",
        "Two users at work see their own events and nothing of each other",
        r"received the secret of",
    ),
    Case(
        "anothers-user-id-in-data",
        "Two users at work see their own events and nothing of each other",
        r"received the user id of",
    ),
    Case(
        "wrong-user-id-on-event",
        "Two users at work see their own events and nothing of each other",
        r"received agent_started of somebody unknown",
    ),
    Case(
        "signature-not-checked",
        "A visitor with a token edited after it was signed stays out",
        r"with a token edited after it was signed a visitor was told:",
    ),
    Case(
        "notebook-shared",
        "What a tool keeps for one user stays with that user",
        r"received the secret of",
    ),
)
