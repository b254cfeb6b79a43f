"""One pair of the matrix: a defect, and the scenario that catches it."""

from __future__ import annotations

import re
from typing import NamedTuple


class Case(NamedTuple):
    """With `defect` built in, `scenario` fails, and its reason matches `reason` (a regex).

    A finding that is only unknown does not count, unless `reason` itself names `unknown:`. `flags`
    shorten what would only take long; `environment` is where it is run.
    """

    defect: str
    scenario: str
    reason: str
    flags: tuple[str, ...] = ()
    environment: str = "local"

    def is_reason_of(self, text: str) -> bool:
        """True when the scenario has failed for the right reason."""
        certain = text if "unknown:" in self.reason else re.sub(r"unknown: .*", "", text)
        return re.search(self.reason, certain, re.DOTALL) is not None


#: What a lost, doubled or misplaced event is told as; which of these depends on where it hits.
BROKEN_STORY = (
    r"went wrong; |the run (begins with|never ended|ended \d times)|before the first|not executing|"
    r"came after|came (twice|\d times)|never (came|accepted|completed)|(accepted|ran) \d times|"
    r"event \d+ is missing|missed, and (not all|the replay)|\d+ missed events were promised|"
    r"what came first|"
    r"not recovered|the order of the stream|no event of the run|nobody asked for|no agent_thinking"
)
