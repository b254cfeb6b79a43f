"""What all faults share: where they apply, when they begin, how often they have happened."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict

from support.faults.stage import Stage
from support.faults.trigger import AT_ONCE, Trigger

if TYPE_CHECKING:
    from support.faults.link import Link
    from support.faults.proxy import Proxy
    from support.faults.pump import Pump

Direction = Literal["to_target", "to_user"]
Scope = Literal["all", "open", "new"]
BOTH: tuple[Direction, Direction] = ("to_target", "to_user")

FAULTS: dict[str, type[Fault]] = {}
"""Every fault by its name."""


class Options(TypedDict, total=False):
    """What every fault takes.

    direction: of the bytes it acts on, `to_target`, `to_user` or `both` (the default of most).
    when: the trigger; on each connection it waits for its own. At once, unless given.
    scope: connections `open` as it is added, `new` ones, or `all` (the default).
    only: the connections it is for, beyond `scope`.
    times: it happens at most so often, over all connections.
    seed: of its random choices; otherwise from the proxy's seed and the order of adding.
    """

    direction: Direction | Literal["both"]
    when: Trigger
    scope: Scope
    only: Callable[[Link], bool]
    times: int | None
    seed: int


class Fault:
    """Something done to the connections of a proxy, from `Proxy.add` to `Proxy.remove`.

    `fired` is how often it really happened: 0 means that nothing came of it, so that a test which
    relied on it proves nothing. Each connection and direction has its own random sequence.
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
        only: Callable[[Link], bool] | None = None,
        times: int | None = None,
        seed: int | None = None,
    ) -> None:
        self.fired = 0
        self.directions: tuple[Direction, ...] = BOTH if direction == "both" else (direction,)
        self.when = when
        self.scope = scope
        self.times = times
        self._only = only
        self._seed: int | str | None = seed
        self._news = asyncio.Event()
        self._proxy: Proxy | None = None
        self._stages: dict[Link, list[Stage]] = {}

    @property
    def spent(self) -> bool:
        """True once it has happened as often as it may."""
        return self.times is not None and self.fired >= self.times

    async def has_fired(self, within_s: float, times: int = 1) -> bool:
        """True once it has happened `times`, False if it has not within `within_s`."""
        try:
            async with asyncio.timeout(within_s):
                while self.fired < times:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def stages(self, link: Link) -> list[Stage]:
        """The stages by which it works on `link`."""
        raise NotImplementedError

    def added(self, proxy: Proxy, ordinal: int) -> None:
        """Called by the proxy. Raises `ValueError` if it is at work already."""
        if self._proxy is not None:
            raise ValueError(f"this {self.name} has been added already")
        self._proxy = proxy
        if self._seed is None:
            self._seed = f"{proxy.seed}.{ordinal}"

    def removed(self) -> None:
        """Called by the proxy: let go everywhere."""
        for link in list(self._stages):
            for stage in self._stages.pop(link):
                stage.lift()
                stage.pump.remove(stage)
        self._proxy = None

    def admits(self, number: int) -> bool:
        """Whether connection `number` is let in at all."""
        return True

    def attach(self, link: Link) -> None:
        """Called by the proxy for each connection in scope."""
        if self._only is not None and not self._only(link):
            return
        stages = self.stages(link)
        watch = self.when.watch(self, link)
        self._stages[link] = [*watch, *stages]
        for stage in self._stages[link]:
            stage.pump.insert(stage)
        if not watch:
            self.begin(link)

    def begin(self, link: Link) -> None:
        """The trigger has fired on `link`."""
        for stage in self._stages.get(link, ()):
            if not self.spent:
                stage.begin()

    def left(self, link: Link) -> None:
        """Called by the proxy: `link` is over."""
        for stage in self._stages.pop(link, ()):
            stage.drop()

    def happened(self, detail: str, *, tell: bool = True) -> None:
        """Count it, and let the proxy tell of it."""
        self.fired += 1
        self._news.set()
        if tell and self._proxy is not None:
            self._proxy.tell(self.name, detail)

    def random(self, pump: Pump, purpose: str = "") -> random.Random:
        """The random sequence of one direction of one connection."""
        link, direction = pump.link.number, pump.direction
        return random.Random(f"{self._seed}:{self.name}{purpose}:{link}:{direction}")
