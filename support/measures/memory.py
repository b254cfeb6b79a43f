"""The deployment's memory, as it reports it itself."""

from __future__ import annotations

from dataclasses import dataclass

from support.journal import History, records


@dataclass(frozen=True)
class MemoryFigures:
    """In MB (10^6 bytes), over `samples` looks in all scenarios; None where it was never reported.

    `growth_mb` is the highest minus the first, and needs two looks. A run with several bundled
    services has the figures of the one that grew most, and the looks at all of them.
    """

    samples: int
    first_mb: float | None
    last_mb: float | None
    highest_mb: float | None
    growth_mb: float | None


def memory(history: History) -> MemoryFigures:
    """Every look at the deployment's memory in a journal."""
    looks: dict[int, list[float]] = {}
    for look in history.of(records.Sample, lambda s: s.name == "target_memory_bytes"):
        looks.setdefault(look.service, []).append(look.value / 1e6)
    if not looks:
        return MemoryFigures(
            samples=0, first_mb=None, last_mb=None, highest_mb=None, growth_mb=None
        )
    values = max(looks.values(), key=lambda of_one: max(of_one) - of_one[0])
    return MemoryFigures(
        samples=sum(map(len, looks.values())),
        first_mb=values[0],
        last_mb=values[-1],
        highest_mb=max(values),
        growth_mb=max(values) - values[0] if len(values) > 1 else None,
    )
