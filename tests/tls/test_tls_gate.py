"""The scenarios on encryption, through the real behave command, against fronts of every quality.

The reference speaks in the open, so the matrix cannot prove that these scenarios can fail.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked
import pytest
from tls_front import GOOD, MANNERS, SECRET, Authority, Behind, Manner, front

ROOT = Path(__file__).resolve().parents[2]
TRUSTED = "The TLS certificate is one that browsers trust"
LASTS = "The TLS certificate does not expire soon"
CURRENT = "Outdated versions of TLS are refused"
CLOSED = "Connections without TLS are refused"
FEATURE = "features/security/tls.feature"

#: Manner of the front → the scenario that catches it, and by what words.
CAUGHT = {
    "10 days left": (LASTS, r"runs out in (10\.0|9\.9) days"),
    "old protocol": (CURRENT, r"accepts TLS 1\.1"),
    "served in the open": (CLOSED, r"for a WebSocket: answered HTTP 401"),
    "sent elsewhere in the open": (CLOSED, r"for a WebSocket: answered HTTP 301"),
}


@dataclass(frozen=True)
class Ran:
    """A run of behave: its exit status, its terminal, and what its bundle says."""

    code: int
    output: str
    outcomes: dict[str, Any]

    @property
    def ended(self) -> dict[str, str]:
        """How each scenario ended."""
        return {o["name"]: o["status"] for o in self.outcomes["scenarios"]}


def behave(
    address: str, authority: Authority, behind: Behind, reports: Path, *arguments: str
) -> Ran:
    """Run behave against the front at `address`."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GREENLIGHT_")}
    env |= {
        "GREENLIGHT_REPORTS": str(reports),
        "GREENLIGHT_HTML": "false",
        "GREENLIGHT_CHAT_URL": f"wss://{address}",
        "GREENLIGHT_AUTH_URL": f"http://{behind.auth}",
        "GREENLIGHT_JWT_SECRET": SECRET,
        "GREENLIGHT_CA_FILE": str(authority.file),
    }
    done = forked.run(
        [sys.executable, "-m", "behave", "--no-color", *arguments],
        cwd=ROOT,
        env=env,
        stderr=subprocess.STDOUT,
        timeout=300,
    )
    (found,) = reports.glob("2*/outcomes.json")
    return Ran(done.returncode, done.stdout, json.loads(found.read_text("utf-8")))


def test_a_good_front_passes_every_scenario(
    authority: Authority, behind: Behind, tmp_path: Path
) -> None:
    with front(authority, behind.chat) as address:
        ran = behave(address, authority, behind, tmp_path, FEATURE)
    assert ran.ended == dict.fromkeys((TRUSTED, LASTS, CURRENT, CLOSED), "passed"), ran.output
    assert ran.code == 0


@pytest.mark.parametrize("manner", CAUGHT)
def test_a_bad_front_fails_its_own_scenario_and_no_other(
    manner: str, authority: Authority, behind: Behind, tmp_path: Path
) -> None:
    scenario, reason = CAUGHT[manner]
    with front(authority, behind.chat, MANNERS[manner]) as address:
        ran = behave(address, authority, behind, tmp_path, FEATURE)
    failing = {o["name"]: o["reason"] for o in ran.outcomes["scenarios"] if o["status"] != "passed"}
    assert set(failing) == {scenario}, ran.output
    assert re.search(reason, failing[scenario])
    assert ran.code != 0


# What browsers do not trust, the suite does not talk to: the scenario that asks for trust fails
# only where a certificate goes bad in the middle of a run.
def test_a_certificate_that_goes_bad_in_the_middle_of_a_run_is_caught(
    authority: Authority, behind: Behind, tmp_path: Path
) -> None:
    with front(authority, behind.chat, Manner(stranger_after=3)) as address:
        ran = behave(address, authority, behind, tmp_path, f"--name=^{TRUSTED}")
    (outcome,) = ran.outcomes["scenarios"]
    assert outcome["status"] == "failed", ran.output
    assert "comes from an authority that is not trusted" in outcome["reason"]


@pytest.mark.parametrize(
    ("manner", "cause"),
    [
        ("expired", "its certificate has expired"),
        ("wrong host", "its certificate is for another host"),
        ("of a stranger", "its certificate comes from an authority that is not trusted"),
    ],
)
def test_what_cannot_be_trusted_is_not_reached_and_never_approved(
    manner: str, cause: str, authority: Authority, behind: Behind, tmp_path: Path
) -> None:
    with front(authority, behind.chat, MANNERS[manner]) as address:
        ran = behave(address, authority, behind, tmp_path, "--tags=@critical")
    assert ran.code == 1
    assert "INCONCLUSIVE" in ran.output
    said = f"The chat backend at https://{address} cannot be reached: {cause}."
    assert ran.outcomes["aborted"] == said
    assert "Traceback" not in ran.output


def test_faults_in_the_network_work_below_the_encryption(
    authority: Authority, behind: Behind, tmp_path: Path
) -> None:
    with front(authority, behind.chat, GOOD) as address:
        ran = behave(address, authority, behind, tmp_path, "features/resilience/heartbeat.feature")
    assert set(ran.ended.values()) == {"passed"}, ran.output


def test_without_encryption_the_scenarios_are_left_out_and_said_to_be(
    authority: Authority, behind: Behind, tmp_path: Path
) -> None:
    ran = behave("", authority, behind, tmp_path, f"-Dchat_url=http://{behind.chat}", FEATURE)
    assert set(ran.ended.values()) == {"skipped"}
    reasons = {o["reason"] for o in ran.outcomes["scenarios"]}
    assert reasons == {"this environment does not use TLS (ws://): assess it on staging"}
