"""Values that are secrets by their name: none of them stands in anything that a run leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: What is kept under such a name is a secret.
SECRET = re.compile("token|secret|password|key|cookie|ticket", re.IGNORECASE)


def secrets_among(values: Mapping[str, str]) -> dict[str, str]:
    """Those of `values` whose names say that they are secrets."""
    return {name: value for name, value in values.items() if SECRET.search(name)}
