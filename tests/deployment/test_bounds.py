"""Every number of the settings has bounds on both sides, and a refusal that states both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from support.config import DeploymentError, Environment, load_environment

REACHABLE = {"chat_url": "http://chat", "auth_url": "http://auth"}


def numbers(table: type[BaseModel], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting that is a number, by its dotted name."""
    for name, field in table.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from numbers(kind, f"{above}{name}.")
        elif {int, float} & {kind, *get_args(kind)} and kind is not bool:
            yield above + name, field


NUMBERS = dict(numbers(Environment))


def test_the_numbers_are_found() -> None:
    found = {"patience.scale", "sizes.messages", "reconnect.seed", "max_frame_bytes"}
    assert found | {"policy.p95_latency_ms", "sizes.buffers_mb", "chaos.delay_ms"} <= set(NUMBERS)


@pytest.mark.parametrize("wrong", ["1e300", "-1e300", "inf", "nan", "9" * 5000, "-1" + "0" * 30])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_out_of_bounds_is_refused_by_name(name: str, wrong: str) -> None:
    with pytest.raises(DeploymentError) as raised:
        load_environment({**REACHABLE, name: wrong})
    assert name in str(raised.value)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("name", [name for name in NUMBERS if name != "chaos.delay_ms"])
def test_a_refusal_states_both_bounds(name: str) -> None:
    limits = {k: getattr(m, k) for m in NUMBERS[name].metadata for k in ("ge", "gt", "le", "lt")
              if hasattr(m, k)}  # fmt: skip
    assert len(limits) == 2, f"{name} is bounded on one side only"
    for wrong in (-(10**20), 10**20):
        with pytest.raises(DeploymentError) as raised:
            load_environment({**REACHABLE, name: str(wrong)})
        for limit in limits.values():
            assert f"{limit:,}" in str(raised.value)


@pytest.mark.parametrize("wrong", [[-1.0, 5.0], [5.0, 1.0], [0.0, 1e9], [0.0, float("nan")]])
def test_a_range_has_bounds(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match=r"within 0 and 60000|finite"):
        Environment(chaos={"delay_ms": wrong})
