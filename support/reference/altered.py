"""``python -m support.reference.altered auth|chat defect:NAME lawful:NAME…``: one service altered.

Healthy code knows of neither; what is altered is put into it here.
"""

from __future__ import annotations

import os
import sys

from support.reference import auth, chat, process
from support.reference.assembly import assembled
from support.reference.config import variables
from support.reference.defects import defect_named
from support.reference.variants import variant_named


def main(arguments: list[str]) -> int:
    """Run the service named first with what is named after it; return the exit code."""
    service, *names = arguments
    asked = [name.partition(":") for name in names]

    def make() -> process.Service:
        defects = [defect_named(name).part for kind, _, name in asked if kind == "defect"]
        variants = [variant_named(name) for kind, _, name in asked if kind == "lawful"]
        for variant in variants:
            os.environ |= variables(variant.settings)
        wiring = assembled([*defects, *(part for v in variants for part in v.parts)])
        return auth.served(wiring.auth) if service == "auth" else chat.served(wiring.chat)

    return process.run(make)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
