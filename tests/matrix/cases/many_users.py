"""What the scenarios of many users catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

HALVES = "Half of a crowd of users, and then all of it, each get their own complete run"
THOUSAND = "1,000 users at once each get their own complete run"
LARGE = "Each of a large crowd of users gets their own complete run"
FLOOD = "A flood of questions is answered without a gap"
DROPS = "50 users who all reconnect in the middle of a run get the rest of it"
STORM = "500 users who all reconnect in the middle of a run get the rest of it"
MEMORY = "A long load does not fill the memory of the service"
SOAK = "A soak loses nothing and mixes nothing up"

CASES = (
    Case("leak-in-a-crowd", HALVES, r"leak"),
    Case("leak-in-a-crowd", THOUSAND, r"First: .* of another user"),
    Case("every-fifth-handshake-fails", HALVES, r"refused: HTTP 503"),
    Case(
        "every-fifth-handshake-fails",
        LARGE,
        r"only \d+ of 300 .*HTTP 503",
        ("-Dsizes.large_crowd=300",),
    ),
    Case("every-tenth-event-doubled", FLOOD, BROKEN_STORY),
    Case("resume-always-refused", DROPS, r"not recovered"),
    Case("resume-always-refused", STORM, r"not recovered"),
    Case(
        "memory-leak-small",
        MEMORY,
        r"\+1\d\d\.\d MB|\+2\d\d\.\d MB",
        ("-Dsizes.long_runs=12",),
        environment="ci",
    ),
    Case("every-tenth-event-doubled", SOAK, BROKEN_STORY, ("-Dsoak=3",)),
)
