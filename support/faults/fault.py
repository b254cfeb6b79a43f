"""What all faults share: where they apply, when they begin, how often they have fired."""

from __future__ import annotations

import asyncio
import random
from typing import ClassVar, Literal, TypedDict

from support.faults.link import Link
from support.faults.stage import Stage
from support.faults.trigger import AT_ONCE, Trigger
from support.faults.types import BOTH, Channel, Direction, Fired, Network

Scope = Literal["all", "open", "new"]

FAULTS: dict[str, type[Fault]] = {}
"""Every fault by its name, which is the name in the journal, too."""


class Options(TypedDict, total=False):
    """What every fault takes.

    direction: of the bytes it acts on, `to_service`, `to_user` or `both` (the default of most).
    when: the trigger; each connection waits for its own. At once, unless given.
    scope: connections `open` as it is added, `new` ones, or `all` (the default).
    times: it fires at most so often, over all connections.
    """

    direction: Direction | Literal["both"]
    when: Trigger
    scope: Scope
    times: int | None


class Fault:
    """Something done to the connections of a proxy, from `Proxy.add` to `Proxy.remove`.

    `fired` is how often it really happened: 0 means that it changed nothing, so that a test which
    relied on it proves nothing. Each connection and direction has its own random sequence, from the
    proxy's seed and the order of adding.
    """

    name: ClassVar[str] = ""
    fired: int

    def __init_subclass__(cls, name: str = "") -> None:
        super().__init_subclass__()
        if name:
            cls.name = name
            FAULTS[name] = cls

    def __init__(
        self,
        *,
        direction: Direction | Literal["both"] = "both",
        when: Trigger = AT_ONCE,
        scope: Scope = "all",
        times: int | None = None,
    ) -> None:
        self.fired = 0
        self.directions: tuple[Direction, ...] = BOTH if direction == "both" else (direction,)
        self.when = when
        self.scope = scope
        self.times = times
        self._seed = ""
        self._count_changed = asyncio.Event()
        self._network: Network | None = None
        self._stages: dict[Link, list[Stage]] = {}

    @property
    def reads_messages(self) -> bool:
        """True if it must see WebSocket messages, which TLS hides."""
        return self.when.reads_messages

    @property
    def spent(self) -> bool:
        """True once it has fired as often as it may."""
        return self.times is not None and self.fired >= self.times

    async def has_fired(self, within_s: float, times: int = 1) -> bool:
        """True once it has fired `times`, False if it has not within `within_s`."""
        try:
            async with asyncio.timeout(within_s):
                while self.fired < times:
                    self._count_changed.clear()
                    await self._count_changed.wait()
        except TimeoutError:
            return False
        return True

    def stages(self, link: Link) -> list[Stage]:
        """How it works on `link`; unless overridden by a `stage` in each of its directions."""
        return [self.stage(link.pumps[direction]) for direction in self.directions]

    def stage(self, pump: Channel) -> Stage:
        """How it works on one direction of a connection."""
        raise NotImplementedError

    def admits(self, number: int) -> bool:
        """Whether connection `number` is accepted at all."""
        return True

    def count(
        self, detail: str, direction: Direction | None = None, *, announce: bool = True
    ) -> None:
        """It has fired: count it, and let the proxy announce it."""
        self.fired += 1
        self._count_changed.set()
        if announce and self._network is not None:
            self._network.announce(Fired(self.name, detail, direction))

    def random(self, pump: Channel, purpose: str = "") -> random.Random:
        """The random sequence of one direction of one connection."""
        return random.Random(f"{self._seed}:{self.name}{purpose}:{pump.number}:{pump.direction}")

    def added(self, network: Network, ordinal: int) -> None:
        """Called by the proxy. Raises `ValueError` if it is at work already."""
        if self._network is not None:
            raise ValueError(f"this {self.name} has been added already")
        self._network = network
        self._seed = f"{network.seed}.{ordinal}"

    def removed(self) -> None:
        """Called by the proxy: pass on everywhere what is held back."""
        for link in list(self._stages):
            for stage in self._stages.pop(link):
                stage.lift()
                link.remove(stage)
        self._network = None

    def attach(self, link: Link) -> None:
        """Called by the proxy for each connection in scope."""
        stages = self.stages(link)
        watch = self.when.watch(link, lambda: self._begin(link), self.random)
        self._stages[link] = [*watch, *stages]
        for stage in self._stages[link]:
            link.insert(stage)
        if not watch:
            self._begin(link)

    def link_closed(self, link: Link) -> None:
        """Called by the proxy: `link` is over."""
        for stage in self._stages.pop(link, ()):
            stage.drop()

    def _begin(self, link: Link) -> None:
        """The trigger has fired on `link`."""
        for stage in self._stages.get(link, ()):
            if not self.spent:
                stage.begin()
