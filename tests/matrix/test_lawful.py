"""No false alarm: the whole gate approves every lawful variant of the reference."""

from __future__ import annotations

from pathlib import Path

import pytest
from gates import ATTEMPTS, GATE, LATE, RUN_S, behave, gate

from support.reference.variants import catalogue

ENVIRONMENT = Path(__file__).parent / "lawful.toml"

#: Whole gates are dear, so variants that do not touch each other go together.
GATES = (
    (
        "clock-ahead",
        "extra-fields",
        "fragmented-frames",
        "handshakes-without-deadline",
        "html-errors",
        "ids-with-colons",
        "one-epoch",
        "other-json",
        "other-tokens",
        "version-400",
    ),
    (
        "clock-behind",
        "closes-without-reason",
        "expires-late",
        "extra-messages",
        "ids-uuid",
        "keeps-much",
        "no-compression",
        "other-check-order",
        "patient-heartbeat",
        "pongs-later",
        "small-limits",
        "thinks-late",
    ),
    (
        "cancels-leave-tools-open",
        "closes-without-code",
        "devices-later",
        "ids-long",
        "keeps-little",
        "other-metrics",
        "slower-heartbeat",
        "steps-slowly",
        "threads-counted",
    ),
)


def test_every_variant_is_in_a_gate() -> None:
    tried = [name for variants in GATES for name in variants]
    assert sorted(tried) == sorted(variant.name for variant in catalogue())


@pytest.mark.light
@pytest.mark.timeout(ATTEMPTS * RUN_S)
@pytest.mark.parametrize("variants", GATES, ids=lambda variants: variants[0])
def test_the_gate_approves_what_is_lawful(variants: tuple[str, ...], tmp_path: Path) -> None:
    options = (f"-Denvironment={ENVIRONMENT}", f"-Dlawful={','.join(variants)}")
    ran = gate(tmp_path, *GATE, *options)
    assert (ran.status, ran.not_passed) == (0, {}), ran.output[-3000:]
    assert "APPROVED" in ran.output


def with_limit(folder: Path, name: str, limit: int) -> Path:
    """An environment where the reference has this limit, and announces it."""
    settings = "[reference.settings]\n"
    lower = f'{settings}"chat.{name}" = "{limit}"\n'
    file = folder / f"{name}.toml"
    file.write_text(ENVIRONMENT.read_text("utf-8").replace(settings, lower), "utf-8")
    return file


@pytest.mark.light
@pytest.mark.parametrize("allowed", [1, 2])
def test_one_or_two_connections_of_a_user_are_enough(allowed: int, tmp_path: Path) -> None:
    environment = with_limit(tmp_path, "connections_per_user", allowed)
    features = ("security/authentication.feature", "security/scopes.feature")
    ran = behave(tmp_path, f"-Denvironment={environment}", *(f"features/{f}" for f in features))
    assert (ran.status, ran.not_passed) == (0, {}), ran.output[-3000:]
    assert ran.ended["A valid token is accepted every time it is used"]["status"] == "passed"


@pytest.mark.light
@pytest.mark.parametrize(("rate", "status"), [(8, "passed"), (2, "skipped")])
def test_pings_stay_below_a_low_announced_rate(rate: int, status: str, tmp_path: Path) -> None:
    environment = with_limit(tmp_path, "messages_per_s", rate)
    scenario = "Pings are answered while the agent is working"
    for attempt in range(ATTEMPTS):
        folder = tmp_path / str(attempt)
        ran = behave(folder, f"-Denvironment={environment}", "--name", scenario)
        if ran.ended[scenario]["cause"] not in LATE:
            break
    assert (ran.status, ran.ended[scenario]["status"]) == (0, status), ran.output[-3000:]


@pytest.mark.light
def test_compression_is_not_assessed_where_it_was_not_agreed_on(tmp_path: Path) -> None:
    scenario = "A compressed message arrives whole"
    options = (f"-Denvironment={ENVIRONMENT}", "-Dlawful=no-compression", "--name", scenario)
    ran = behave(tmp_path, *options)
    assert ran.ended[scenario]["status"] == "skipped", ran.output[-3000:]
