"""Ways in which a user reaches the service, by the names that features use."""

from __future__ import annotations

from dataclasses import dataclass

from support.client.user import User


@dataclass(frozen=True)
class Access:
    """`way` is where the token travels; `outbox` how many unsent messages the app keeps."""

    way: str = "header"
    from_page: bool = False
    compress: bool = False
    outbox: int | None = None

    async def connect(self, user: User) -> bool:
        """Connect `user` this way; as `User.connect`."""
        if self.outbox is not None:
            user.outbox.limit = self.outbox
        if self.from_page:
            return await user.connect_from_page()
        return await user.connect(way=self.way, compress=self.compress)


ACCESS = {
    "an app": Access(),
    "a second device": Access(),
    "a browser": Access(way="subprotocol"),
    "the allowed site": Access(from_page=True),
    "an app with compression": Access(compress=True),
    "an app with room for 10 unsent questions": Access(outbox=10),
}
