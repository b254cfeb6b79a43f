"""One build from beginning to end, and the one that was expected."""

from __future__ import annotations

import msgspec
import pytest
from evidence import criterion, journal, outcomes
from histories import Tape

from support.journal import records


def tape(first: str | None, last: str | None) -> Tape:
    """The journal of a run that read these builds; None: it did not."""
    told = {"start": first, "end": last}
    made = journal()
    made.records = [
        msgspec.structs.replace(r, version=told[r.moment])
        if isinstance(r, records.DeploymentBuild)
        else r
        for r in made.records
        if not (isinstance(r, records.DeploymentBuild) and told[r.moment] is None)
    ]
    return made


@pytest.mark.parametrize(
    ("first", "last", "expected", "state"),
    [
        ("1.0", "1.0", "", "pass"),
        ("1.0", "1.0", "1.0", "pass"),
        ("1.0", "1.1", "", "invalid"),
        ("1.0", "1.1", "1.0", "invalid"),
        ("1.0", "1.1", "1.1", "invalid"),
        ("1.0", "1.0", "1.1", "invalid"),
        ("1.0", "", "", "invalid"),
        ("", "1.0", "", "invalid"),
        ("1.0", None, "", "no_evidence"),
        (None, "1.0", "", "no_evidence"),
        (None, None, "1.0", "no_evidence"),
        ("", "", "1.0", "no_evidence"),
        ("", "", "", "waived"),
    ],
)
def test_only_one_build_that_is_the_expected_one_is_accepted(
    first: str | None, last: str | None, expected: str, state: str
) -> None:
    given = outcomes(expected_build=expected)
    assert criterion("build", given, tape(first, last)).state == state
