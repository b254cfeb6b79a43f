"""What is approved is one build: at the start, at the end, and as expected."""

from __future__ import annotations

from support.approval.criterion import Ruling, criterion, lacking, met
from support.approval.evidence import Evidence
from support.journal import records


@criterion(
    "build",
    "Same build from start to end",
    rank=35,
    limit=lambda policy: "the same build",
    definition="The deployment reports one and the same build before the first scenario and after"
    " the last.",
)
def build(evidence: Evidence) -> Ruling:
    """As the deployment states it before the first scenario and after the last."""
    expected = evidence.outcomes.expected_build
    looks = evidence.history.of(records.DeploymentBuild)
    first = next((look for look in looks if look.moment == "start"), None)
    last = next((look for look in reversed(looks) if look.moment == "end"), None)
    others = [look.version for look in looks if first and look.version != first.version]
    if first is None:
        return lacking("not read", "The build of the deployment was never read.", 0)
    before = first.version
    if expected and not before:
        reason = (
            f"Build {expected} was expected, but the deployment does not say which build it is."
        )
        return lacking("not stated", reason, len(looks), "not_offered")
    if expected and before != expected:
        reason = f"Build {before} is deployed, but {expected} was expected."
        return lacking(before, reason, len(looks), "environment")
    if last is None:
        read = f"{before or 'not stated'} at start, not read at the end"
        return lacking(read, "The build was not read at the end.", len(looks))
    if not before and not last.version:
        reason = "The deployment does not say which build it is."
        return Ruling(
            state="waived",
            measured="not stated",
            reason=reason,
            required=False,
            cause="not_offered",
        )
    if others:  # several processes of one run look at it, each at its start and its end
        builds = f"{before or 'not stated'}, then {others[-1] or 'not stated'}"
        reason = f"The build changed during the run, or could not be read at its end: {builds}."
        return lacking(builds, reason, len(looks), "environment")
    return met(f"{before} at start and end", len(looks))
