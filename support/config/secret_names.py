"""Values that are secrets by their name: none of them stands in anything that a run leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: What an answer brings under such a name is a secret.
SECRET = re.compile("token|secret|password|key|cookie|ticket", re.IGNORECASE)
#: So is what is given under a name with such an end: `api_key` is one, `keyspace` is none.
_ENDS = re.compile(f"(?:{SECRET.pattern})s?$", re.IGNORECASE)
#: A shorter value is no secret: it would be found everywhere by chance.
LEAST_CHARACTERS = 6


def secrets_among(values: Mapping[str, str]) -> dict[str, str]:
    """Those of `values` whose names end in what says that they are secrets."""
    long_enough = {name: v for name, v in values.items() if len(v) >= LEAST_CHARACTERS}
    return {name: value for name, value in long_enough.items() if _ENDS.search(name)}
