"""Which scenario catches which defect, and by what words; proven by `test_matrix.py`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from case import Case

#: Every module in `cases/`, one for each feature, has its own `CASES`.
CASES: tuple[Case, ...] = tuple(
    case
    for path in sorted((Path(__file__).parent / "cases").glob("*.py"))
    for case in import_module(f"cases.{path.stem}").CASES
)

#: Scenarios that no defect of the reference can break, because it speaks in the open; the test
#: file that proves them, by its path below `tests`.
PROVEN_ELSEWHERE = {
    "The line is encrypted with a certificate that people's browsers trust": "tls/test_tls_gate.py",
    "The certificate does not run out before somebody can renew it": "tls/test_tls_gate.py",
    "No outdated encryption is spoken": "tls/test_tls_gate.py",
    "Nobody can talk in the open": "tls/test_tls_gate.py",
}

#: Defects that no scenario has to catch, because a criterion does, or because they are about what
#: the suite itself leaves behind; the test file that uses them, by its path below `tests`.
USED_ELSEWHERE = {
    "build-changes-midway": "suite/test_commands.py",
    **dict.fromkeys(
        (
            "secrets-in-refusals",
            "secrets-in-errors",
            "secrets-in-close-reasons",
            "secrets-in-events",
            "secrets-in-health",
            "secrets-in-metrics",
            "passwords-logged",
        ),
        "suite/test_nothing_secret_is_left.py",
    ),
}
