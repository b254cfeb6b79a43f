"""What a step raises when a check does not pass: its findings go with it, as values."""

from __future__ import annotations

from collections.abc import Sequence

from support.checks.finding import Cause, Finding


class Unmet(AssertionError):
    """`findings` are those that did not pass; `invariants` names what must hold in every scenario
    and did not, where that was asked."""

    def __init__(
        self, text: str, findings: Sequence[Finding], invariants: Sequence[str] = ()
    ) -> None:
        super().__init__(text)
        self.findings = tuple(findings)
        self.invariants = tuple(invariants)

    @property
    def checks(self) -> tuple[str, ...]:
        """The names of the checks that did not pass."""
        return tuple(finding.check for finding in self.findings)

    @property
    def unknown(self) -> bool:
        """True where no check has failed: they could not say."""
        return all(finding.state == "unknown" for finding in self.findings)

    @property
    def cause(self) -> Cause:
        """`product` where any finding has failed; where all could not say, why not."""
        causes = {finding.cause for finding in self.findings}
        nobody: tuple[Cause, ...] = ("harness", "environment", "too_few_samples")
        if causes and causes <= set(nobody):
            return next(cause for cause in nobody if cause in causes)
        return "product"
