"""One pair of the matrix: a defect, and the scenario that catches it."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """With `defect` built in, `scenario` fails, and its reason matches `reason` (a regex).

    `flags` shorten what would only take long; `environment` is where it is run.
    """

    defect: str
    scenario: str
    reason: str
    flags: tuple[str, ...] = ()
    environment: str = "local"


#: What a lost, doubled or misplaced event is told as; which of these depends on where it hits.
BROKEN_STORY = (
    r"went wrong|begins with|before the first|not executing|came after|came twice|\d times|never|"
    r"missing|promised|what came first|order of the stream|no event of the run|nobody asked for"
)
