"""``python -m support.reference``: both services, until Ctrl+C."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from support.reference.serve import complain, serve


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, serve, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m support.reference",
        description="Run the bundled auth service and chat backend.",
    )
    parser.add_argument("--defect", action="append", default=[], metavar="NAME")
    parser.add_argument("--lawful", action="append", default=[], metavar="NAME")
    parser.add_argument("--run-dir", type=Path, help="where stores and logs go")
    parser.add_argument("--set", action="append", default=[], metavar="SERVICE.NAME=VALUE")
    parser.add_argument("--json", action="store_true", help="one JSON line when ready")
    parser.add_argument("--control", action="store_true", help="obey lines on standard input")
    given = parser.parse_args(arguments)
    settings = {}
    for entry in given.set:
        name, equals, value = entry.partition("=")
        if not equals:
            return complain(f"--set wants SERVICE.NAME=VALUE, not {entry!r}")
        settings[name] = value
    # Python's watch over children may lose a race with their end, and warns of it: nobody minds.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    return serve(given.defect, given.run_dir, settings, given.json, given.control, given.lawful)


if __name__ == "__main__":
    sys.exit(main())
