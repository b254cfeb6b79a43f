"""What the scenarios of connecting and disconnecting catch."""

from __future__ import annotations

from case import Case

CONNECTS = "A user connects, chats and disconnects"
HEALTH = "A service that reports itself healthy accepts connections"
PINGS = "Pings are answered while the agent is working"
#: Each is waited for.
FEW = ("-Dsizes.pings=5",)

CASES = (
    Case(
        "greeting-in-half-a-character", CONNECTS, r"Alice received half a surrogate pair in name; "
    ),
    Case("huge-message-limit", CONNECTS, r"the greeting announces an impossible message_bytes = "),
    Case(
        "negative-message-limit", CONNECTS, r"the greeting announces an impossible message_bytes = "
    ),
    Case("endless-rate", CONNECTS, r"the greeting announces an impossible messages_per_s = "),
    Case(
        "no-connections-announced",
        CONNECTS,
        r"the greeting announces an impossible connections_per_user = ",
    ),
    Case("endless-history", CONNECTS, r"the greeting announces an impossible retained_events = "),
    Case("impossible-heartbeat", CONNECTS, r"the greeting announces an impossible heartbeat_s = "),
    Case("impossible-position", CONNECTS, r"the greeting announces an impossible position = "),
    Case("wrong-close-code", CONNECTS, r"the connection was ended by the user, with code"),
    Case("close-not-answered", CONNECTS, r"the deployment never answered the close"),
    Case("ready-never-sent", CONNECTS, r"the connection opened, but the deployment never greeted"),
    Case("connect-slow", CONNECTS, r"it took"),
    Case("no-subprotocol-selected", CONNECTS, r"selected the subprotocol None"),
    Case(
        "healthy-but-closed",
        HEALTH,
        r"the service calls itself healthy, and users cannot connect: r",
    ),
    Case("degraded-but-open", HEALTH, r"the service calls itself not healthy"),
    Case("health-crashes", HEALTH, r"the service calls itself not healthy"),
    Case("emails-in-health", HEALTH, r"anyone received the e-mail address of Alice in GET /health"),
    Case("pongs-late", PINGS, r"3 of 6 answers \(application level\) were late, up to", FEW),
    Case("pongs-a-little-late", PINGS, r"answers \(application level\) were late, up to 3\d\d ms"),
    Case("pings-not-answered", PINGS, r"pings were not answered \(application level"),
    Case("pong-with-wrong-nonce", PINGS, r"pings were not answered \(application level"),
    Case("protocol-pings-not-answered", PINGS, r"pings were not answered \(protocol level"),
    *(
        Case(f"greeting-{wrong}", PINGS, r"the greeting says that it is \S+, and the pongs s", FEW)
        for wrong in ("in-milliseconds", "without-time", "an-hour-ahead")
    ),
    Case("pings-wait-for-run", PINGS, r"answers \(application level\) were late"),
)
