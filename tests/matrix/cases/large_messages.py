"""What the scenarios of large messages catch."""

from __future__ import annotations

from case import Case

WHOLE = "A large message arrives whole: {}"
TOO_LARGE = "A message over the limit is refused, and the user can reconnect"
COMPRESSED = "A compressed message arrives whole"

CASES = (
    Case(
        "large-messages-refused",
        WHOLE.format("a question just below the size limit"),
        r"the question was never accepted",
    ),
    Case(
        "ping-breaks-fragments",
        WHOLE.format("a question in emoji, sent in fragments"),
        r"the question was never accepted",
    ),
    Case(
        "fragments-lost",
        WHOLE.format("a question in emoji, sent in fragments"),
        r"the question was never accepted",
    ),
    Case(
        "large-messages-refused",
        WHOLE.format("a question of exactly the size limit"),
        r"the question was never accepted",
    ),
    Case("large-answers-cut", WHOLE.format("a question of one page"), r"the answer lacks"),
    Case(
        "long-events-to-everyone",
        WHOLE.format("a question just below the size limit"),
        r"received the secret of Alice",
    ),
    Case("oversize-accepted", TOO_LARGE, r"it was accepted"),
    Case("limit-in-characters", TOO_LARGE, r"it was accepted"),
    Case("limit-per-fragment", TOO_LARGE, r"it was accepted"),
    Case("limit-for-fragments-only", TOO_LARGE, r"it was accepted"),
    Case("violations-close-as-internal-error", TOO_LARGE, r"closed by the deployment, code"),
    Case("compressed-connections-see-others", COMPRESSED, r"Alice received the secret of Bob"),
    Case("compressed-messages-damaged", COMPRESSED, r"was never accepted"),
)
