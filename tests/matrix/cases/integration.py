"""What the scenarios of the category integration catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

CASES = (
    Case(
        "every-tenth-message-lost",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "every-tenth-message-doubled",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "every-tenth-event-doubled",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "every-tenth-event-lost",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "answer-of-another-request",
        "A long series of messages loses nothing and doubles nothing",
        r"went wrong; question",
    ),
    Case(
        "event-id-gap",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "dropped-when-busy",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "neighbouring-events-swapped",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "duplicate-runs-twice",
        "A request that is sent twice runs once",
        r"it started",
    ),
    Case(
        "bad-json-ends-connection",
        "half a message is turned down, and everybody goes on",
        r"to half a message: the connection was ended by the deployment, c",
    ),
    Case(
        "errors-swallowed",
        "half a message is turned down, and everybody goes on",
        r"to half a message: no answer",
    ),
    Case(
        "errors-show-internals",
        "half a message is turned down, and everybody goes on",
        r"to half a message: error None",
    ),
    Case(
        "bad-message-hurts-everyone",
        "half a message is turned down, and everybody goes on",
        r"to half a message: the connection was ended by the deployment, c",
    ),
    Case(
        "binary-accepted",
        "a picture instead of text is turned down, and everybody goes on",
        r"to a picture instead of text: error invalid_json",
    ),
    Case(
        "large-messages-refused",
        "A message just below the limit arrives whole",
        r"the question was never accepted",
    ),
    Case(
        "oversize-accepted",
        "A message over the limit is refused, and the user can go on",
        r"it was accepted",
    ),
    Case(
        "fragments-lost",
        "A message of many-byte characters, in fragments arrives whole",
        r"the question was never accepted",
    ),
    Case(
        "announcement-not-for-all",
        "An announcement reaches everybody, once",
        r"it reached",
    ),
    Case(
        "announcement-as-event",
        "An announcement reaches everybody, once",
        r"it came as if it were somebody's own event",
    ),
    Case(
        "closes-after-ten-messages",
        "A long series of messages loses nothing and doubles nothing",
        r"went wrong; question|questions were asked",
    ),
    Case(
        "violations-close-as-internal-error",
        "A message over the limit is refused, and the user can go on",
        r"closed by the deployment, code",
    ),
    Case(
        "errors-show-internals",
        "a list instead of a message is turned down, and everybody goes on",
        r"error None",
    ),
    Case(
        "errors-show-internals",
        "a message with fields of the wrong kind is turned down, and everybody goes on",
        r"error None",
    ),
    Case(
        "errors-show-internals",
        "a message that lacks its content is turned down, and everybody goes on",
        r"error None",
    ),
    Case(
        "errors-show-internals",
        "a message of an unknown kind is turned down, and everybody goes on",
        r"error None",
    ),
    Case(
        "bad-json-ends-connection",
        "a message nested ten thousand levels deep is turned down, and everybody goes on",
        r"to a message nested ten thousand levels deep: the connection",
    ),
    Case(
        "runs-lost-after-many",
        "Hundreds of messages of several users lose nothing and double nothing",
        r"no event of the run|the run",
    ),
    Case(
        "answer-of-another-request",
        "Hundreds of messages of several users lose nothing and double nothing",
        r"the answer lacks",
    ),
    Case(
        "answer-of-another-request",
        "A conversation from hello to goodbye",
        r"the answer lacks",
    ),
    Case(
        "large-messages-refused",
        "A message of exactly the limit arrives whole",
        r"the question was never accepted",
    ),
    Case(
        "compressed-messages-damaged",
        "Compressed messages arrive whole",
        r"was never accepted",
    ),
    Case(
        "large-answers-cut",
        "A message of a page, to be quoted back arrives whole",
        r"the answer lacks",
    ),
    Case(
        "answer-of-another-request",
        "Messages written while offline go out in order afterwards",
        r"the answer lacks",
    ),
    Case(
        "answer-of-another-request",
        "Messages that do not fit into the outbox are reported, never dropped in silence",
        r"the answer lacks",
    ),
    Case(
        "events-to-everyone",
        "A message to one user is answered to that user alone",
        r"received \d+ events",
    ),
)
