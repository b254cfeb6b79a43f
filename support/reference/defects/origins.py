"""Defects in what is made of a page's origin: each compares less than scheme, host and port."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from support.reference.defects.catalogue import defect
from support.reference.handshake import Gatekeeper, HandshakeRequest, Refused

Compare = Callable[[str, SplitResult, SplitResult], bool]


def _comparing(same: Compare) -> type[Gatekeeper]:
    class Comparing(Gatekeeper):
        def check_origin(self, handshake: HandshakeRequest) -> None:
            allowed = [urlsplit(origin) for origin in self.config.allowed_origins]
            for origin in handshake.origins:
                if not any(same(origin, urlsplit(origin), each) for each in allowed):
                    raise Refused(403, "forbidden")

    return Comparing


def _exactly(origin: str, allowed: SplitResult) -> bool:
    return origin == allowed.geturl()


def _below(parts: SplitResult, allowed: SplitResult) -> bool:
    return parts.netloc.endswith(f".{allowed.netloc}")


_DEFECTS: dict[str, tuple[str, Compare]] = {
    "origin-suffix-accepted": (
        "An origin is allowed if it merely ends like an allowed one",
        lambda origin, parts, allowed: origin.endswith(allowed.netloc) and parts.scheme == "https",
    ),
    "null-origin-accepted": (
        "A page that hides which site it is from is let in",
        lambda origin, parts, allowed: origin == "null" or _exactly(origin, allowed),
    ),
    "origin-scheme-ignored": (
        "An unencrypted page of an allowed site is let in",
        lambda origin, parts, allowed: parts.netloc == allowed.netloc,
    ),
    "origin-port-ignored": (
        "A page of an allowed site is let in whatever its port",
        lambda origin, parts, allowed: parts.scheme == "https" and parts.hostname == allowed.netloc,
    ),
    "subdomain-origin-accepted": (
        "Pages of all sites below an allowed one are let in",
        lambda origin, parts, allowed: _exactly(origin, allowed) or _below(parts, allowed),
    ),
    "allowed-origin-refused": (
        "Pages of the allowed site itself are refused",
        lambda origin, parts, allowed: False,
    ),
}

for _name, (_words, _same) in _DEFECTS.items():
    defect(_name, "F5", summary=_words)(_comparing(_same))
