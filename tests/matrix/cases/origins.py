"""What the scenarios of allowed origins catch."""

from __future__ import annotations

from case import Case


def _origin(defect: str, origin: str) -> Case:
    page = origin if origin.startswith("a page ") else f"a page of {origin}"
    reason = rf"with {page} a client received: \{{"
    return Case(defect, f"A connection from {origin} is refused", reason)


ALLOWED = "A page of the allowed site can connect"
APP = "An app that belongs to no site can connect"

CASES = (
    *(
        _origin("any-origin-accepted", site)
        for site in ("a malicious site", "a site whose name starts with the allowed name")
    ),
    _origin("origin-prefix-accepted", "a site whose name starts with the allowed name"),
    _origin("origin-suffix-accepted", "a site whose name ends with the allowed name"),
    _origin(
        "origin-suffix-accepted", "a site whose name ends with the allowed name after a hyphen"
    ),
    _origin("subdomain-origin-accepted", "a subdomain of the allowed site"),
    _origin("origin-port-ignored", "the allowed site on another port"),
    _origin("origin-scheme-ignored", "the allowed site over plain HTTP"),
    _origin("null-origin-accepted", "a page with a null origin"),
    Case("allowed-origin-refused", ALLOWED, r"refused: HTTP 403"),
    Case("no-origin-refused", APP, r"refused: HTTP 403"),
)
