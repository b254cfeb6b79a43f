"""The lawful variants: each can be chosen, starts, and leaves the healthy classes alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reference_service import Service

from support.reference.assembly import assembled
from support.reference.config import ConfigError, variables
from support.reference.variants import Variant, catalogue, variant_named


@pytest.mark.parametrize("variant", catalogue(), ids=lambda variant: variant.name)
def test_every_variant_says_what_it_does_and_does_something(variant: Variant) -> None:
    assert variant.summary
    assert variant.parts or variables(variant.settings)
    wiring = assembled(variant.parts)
    used = {
        base
        for parts in (wiring.auth, wiring.chat)
        for p in vars(parts).values()
        for base in p.__mro__
    }
    assert used.issuperset(variant.parts)


def test_an_unknown_variant_is_named() -> None:
    with pytest.raises(ConfigError, match="unknown lawful variant 'one-epok'; did you mean 'one-e"):
        variant_named("one-epok")


def test_a_variant_shows(start: Callable[..., Service]) -> None:
    service = start(lawful=("one-epoch", "ids-with-colons"))
    one, other = service.sign_up(), service.sign_up()
    with service.connect(one) as first, service.connect(other) as second:
        epochs = {first.ready["stream"]["epoch"], second.ready["stream"]["epoch"]}
        (event, *_) = first.run("12 * 7")
    assert len(epochs) == 1
    assert event["run_id"].startswith("urn:run:")
