"""What the scenarios of delivery catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

SERIES = "A long series of questions loses and duplicates nothing"
TWICE = "A request that is sent twice runs once"
FAILED = "A request whose run has failed is not run again"
EARLIER = "A request that is repeated after another question runs once"
ANNOUNCEMENT = "An announcement reaches everyone once"
HUNDREDS = "Hundreds of questions of several users are each answered once"
CONVERSATION = "A conversation of several questions"
ONCE_SUBSCRIBED = "An announcement reaches a device once it has subscribed, and then once"
OFFLINE = "Questions written offline are sent in order after reconnecting"
OVERFLOW = "Questions that do not fit into the offline queue are reported"
ONLY = "Only the user who asked is answered"

CASES = (
    Case("every-tenth-message-lost", SERIES, BROKEN_STORY),
    Case("every-tenth-message-doubled", SERIES, BROKEN_STORY),
    Case("every-tenth-event-doubled", SERIES, BROKEN_STORY),
    Case("every-tenth-event-lost", SERIES, BROKEN_STORY),
    Case("answer-of-another-request", SERIES, r"went wrong; question"),
    Case("event-id-gap", SERIES, BROKEN_STORY),
    Case("dropped-when-busy", SERIES, BROKEN_STORY),
    Case("neighbouring-events-swapped", SERIES, BROKEN_STORY),
    Case(
        "closes-after-ten-messages",
        SERIES,
        r"went wrong; question|questions could be asked: the deployment ended the connection",
    ),
    Case("duplicate-runs-twice", TWICE, r"it started"),
    Case("repetition-before-acceptance-runs", TWICE, r"it started 2 runs"),
    Case("repetition-in-another-thread", TWICE, r"its acceptances name different conversations"),
    Case("ended-requests-forgotten", TWICE, r"it started \d runs|events of another run"),
    Case("failed-requests-run-again", FAILED, r"it started \d runs|events of another run"),
    Case("earlier-requests-forgotten", EARLIER, r"it started 2 runs|events of another run"),
    Case("same-words-taken-for-repetition", SERIES, r"question 2 shares its run"),
    Case("reworded-requests-run-again", TWICE, r"it started 2 runs|events of another run"),
    Case("announcement-not-for-all", ANNOUNCEMENT, r"it reached"),
    Case("announcement-to-one-device", ANNOUNCEMENT, r"it reached Alice's device \d never"),
    Case("announcements-twice-after-resume", ANNOUNCEMENT, r"it reached Bob 2 times"),
    Case("announcement-as-event", ANNOUNCEMENT, r"it came as if it were somebody's own event"),
    Case("announcements-without-subscription", ONCE_SUBSCRIBED, r"which has not subscribed, once"),
    Case("announcements-for-each-subscription", ONCE_SUBSCRIBED, r"Alice's device 2 \d times"),
    Case("questions-out-of-order", SERIES, r"accepted in another order than asked"),
    Case("runs-lost-after-many", HUNDREDS, r"no event of the run|the run"),
    Case("answer-of-another-request", HUNDREDS, r"the answer lacks"),
    Case("answer-of-another-request", CONVERSATION, r"the answer lacks"),
    Case("questions-normalised", CONVERSATION, r"the answer lacks"),
    Case("quotes-lost", CONVERSATION, r"the answer lacks"),
    Case("answers-escaped", CONVERSATION, r"the answer lacks"),
    Case("answer-of-another-request", OFFLINE, r"the answer lacks"),
    Case("answer-of-another-request", OVERFLOW, r"the answer lacks"),
    Case("events-to-everyone", ONLY, r"received \d+ events"),
)
