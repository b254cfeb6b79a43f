"""Ways in which a user reaches the service, by the names that features use."""

from __future__ import annotations

from dataclasses import dataclass

from support.client import limits
from support.client.user import User
from support.config import NotOffered
from support.deployment import Deployment

NO_COMPRESSION = "the deployment does not compress"


@dataclass(frozen=True)
class HandshakeOptions:
    """How a handshake from somewhere travels: the token's way, and the `Origin` of a page, if any.

    A place that should be refused, whatever the token is, has a `flaw` for which it should be, and
    is described by `means`.
    """

    way: str
    origin: str | None = None
    flaw: str | None = None
    means: str | None = None


@dataclass(frozen=True)
class Access:
    """`way` is where the token travels; `outbox` how many unsent messages the app keeps.

    A token that is `expiring` lasts for a moment longer. Without `subscribes`, no event is asked
    for. Of several `devices`, with those that are connected already, more than two are used only
    where the deployment announces that it allows them.
    """

    way: str = "header"
    from_page: bool = False
    compress: bool = False
    outbox: int | None = None
    expiring: bool = False
    subscribes: bool = True
    devices: int = 1

    async def connect(self, user: User) -> bool:
        """Connect `user` this way; as `User.connect`.

        Raises `NotOffered` where compression was asked for and the deployment did not agree to it.
        """
        if self.outbox is not None:
            user.outbox.limit = self.outbox
        if self.from_page:
            return await user.connect_from_page()
        if self.expiring:
            return await user.connect_with_expiring_token(self.way)
        for _ in range(self._further(user)):
            await user.connect(way=self.way, compress=self.compress, subscribes=self.subscribes)
        if self.compress and user.online is not None and not user.online.compresses:
            raise NotOffered(NO_COMPRESSION)
        return user.online is not None

    def _further(self, user: User) -> int:
        """How many connections are to be opened."""
        if self.devices == 1:
            return 1
        allowed = limits.connections_announced(user) or 2
        return max(2, min(self.devices, allowed)) - sum(c.is_open for c in user.connections)

    def options(self, deployment: Deployment) -> HandshakeOptions:
        """What a handshake from here is like."""
        if self.from_page:
            return HandshakeOptions(deployment.page_way, deployment.allowed_origin)
        return HandshakeOptions(self.way)


ACCESS = {
    "an app": Access(),
    "a second device": Access(),
    "up to three devices": Access(devices=3),
    "a second device that has not subscribed": Access(subscribes=False),
    "a browser": Access(way="subprotocol"),
    "the allowed site": Access(from_page=True),
    "an app with compression": Access(compress=True),
    "an app with a token that is about to expire": Access(expiring=True),
    "a browser with a token that is about to expire": Access(way="subprotocol", expiring=True),
    "an app with room for 10 unsent questions": Access(outbox=10),
}
