"""``python -m support.reference.defects auth|chat NAME…``: one service with these defects."""

from __future__ import annotations

import sys

from support.reference import auth, chat, process
from support.reference.defects import apply


def main(arguments: list[str]) -> int:
    """Run the service named first with the defects named after it; return the exit code."""
    service, *names = arguments
    if service == "auth":
        return process.run(lambda: auth.served(apply(names).auth))
    return process.run(lambda: chat.served(apply(names).chat))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
