"""Sites whose pages try to connect, each derived from the one that may.

After the OWASP WebSocket cheat sheet (cross-site WebSocket hijacking): an origin (RFC 6454) is
scheme, host and port, and comparing less than all three can be bypassed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from support.client.access import HandshakeOptions
from support.config import NotOffered
from support.deployment import Deployment

OTHER_PORTS = (8443, 9443)
#: The one that is named by its page: of what site that is stays hidden.
NULL_ORIGIN = "a page with a null origin"


def _plain(allowed: SplitResult) -> str:
    if allowed.scheme != "https":
        raise NotOffered("the site whose pages may connect is not encrypted itself")
    return f"http://{allowed.netloc}"


def _another_port(allowed: SplitResult) -> str:
    port = next(p for p in OTHER_PORTS if p != allowed.port)
    return f"{allowed.scheme}://{allowed.hostname}:{port}"


#: Site, by the words of the features → its origin, from the parts of the allowed one.
SITES: dict[str, Callable[[SplitResult], str]] = {
    "a malicious site": lambda allowed: "https://evil.example",
    "a site whose name starts with the allowed name": lambda a: f"{a.geturl()}.evil.example",
    "a site whose name ends with the allowed name": lambda a: f"{a.scheme}://evil{a.netloc}",
    "a site whose name ends with the allowed name after a hyphen": lambda a: (
        f"{a.scheme}://evil-{a.netloc}"
    ),
    "a subdomain of the allowed site": lambda a: f"{a.scheme}://evil.{a.netloc}",
    "the allowed site on another port": _another_port,
    "the allowed site over plain HTTP": _plain,
    NULL_ORIGIN: lambda allowed: "null",
}


def origin_of(site: str, allowed: str) -> str:
    """The `Origin` a browser would send; raises `NotOffered` where that site cannot exist."""
    return SITES[site](urlsplit(allowed))


@dataclass(frozen=True)
class ForeignSite:
    """A page of the site of that name, open in a browser whose user is signed in (CSWSH)."""

    name: str

    def options(self, deployment: Deployment) -> HandshakeOptions:
        """What a handshake from such a page is like; as `origin_of`."""
        means = self.name if self.name == NULL_ORIGIN else f"a page of {self.name}"
        origin = origin_of(self.name, deployment.allowed_origin)
        return HandshakeOptions(deployment.page_way, origin, "origin", means)


FOREIGN_SITES = {name: ForeignSite(name) for name in SITES}
