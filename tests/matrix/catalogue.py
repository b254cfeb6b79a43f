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
    "The TLS certificate is one that browsers trust": "tls/test_tls_gate.py",
    "The TLS certificate does not expire soon": "tls/test_tls_gate.py",
    "Outdated versions of TLS are refused": "tls/test_tls_gate.py",
    "Connections without TLS are refused": "tls/test_tls_gate.py",
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
