"""`python bounded.py BYTES …` is `greenlight …` with so much memory and no more."""

from __future__ import annotations

import resource
import sys

from support.cli import main

if __name__ == "__main__":
    memory = int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    main()
