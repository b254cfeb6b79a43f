"""What must be the same in every worker and in the coordinator."""

from __future__ import annotations

import sys
from importlib.metadata import version

PACKAGES = ("greenlight", "picows", "uvloop", "msgspec", "distributed")


def versions() -> dict[str, str]:
    """The versions of Python and of every package that a worker uses."""
    python = ".".join(map(str, sys.version_info[:3]))
    return {"python": python, **{name: version(name) for name in PACKAGES}}
