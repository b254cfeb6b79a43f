"""What the scenarios of many users and restarts catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

RELEASED = "Closed and dropped connections are released"
RESTART = "A planned restart is announced and loses no run"
TEN_USERS = "Ten users ask fifty questions at once, and nothing is lost or mixed up"

CASES = (
    Case("ended-connections-counted-twice", RELEASED, r"-\d+ open connections were counted"),
    Case("connections-leak", RELEASED, r"connections", ("-Dpatience.scale=0.3",)),
    Case("stream-lost-on-restart", RESTART, r"not recovered|the run never ended|missing"),
    Case("run-starts-over-after-restart", RESTART, BROKEN_STORY),
    Case("restart-not-announced", RESTART, r"got no restart notice"),
    Case("restart-without-return-time", RESTART, r"was given no time to reconnect"),
    Case("restart-cuts", RESTART, r"got no restart notice"),
    Case("restart-loses-runs", RESTART, r"a run ended in agent_failed"),
    Case("every-fifth-handshake-fails", TEN_USERS, r"refused: HTTP 503"),
)
