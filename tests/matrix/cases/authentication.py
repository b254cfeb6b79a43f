"""What the scenarios about tokens, accounts and origins catch."""

from __future__ import annotations

from case import Case


def _visitor(defect: str, token: str, came_of_it: str = r"a visitor was told: \{") -> Case:
    return Case(defect, f"A visitor with {token} stays out", rf"with {token} {came_of_it}")


def _page(defect: str, token: str) -> Case:
    return Case(defect, f"A page with {token} stays out", rf"with {token} a visitor was told: \{{")


def _origin(defect: str, site: str) -> Case:
    return Case(
        defect,
        f"A page of {site} cannot open a connection in Alice's name",
        rf"with a page of {site} a visitor was told: \{{",
    )


def _account(defect: str, attempt: str, came_of_it: str = "was accepted: HTTP 200") -> Case:
    return Case(defect, f"The sign-in service turns away {attempt}", rf"{attempt} {came_of_it}")


ENDS = "A conversation ends with its token, and nothing is lost"
REFRESHED = "A refreshed token opens the door"
SECOND = "Nobody takes an account over by signing up again"
BROWSER = "A browser signs in, and its token is never sent back"
UNSIGNED = "an unsigned token"
FETCHED_KEY = "a token with a link to its key"
FETCHED_CERTIFICATE = "a token with a link to its certificate"

CASES = (
    # --- hostile tokens
    *(
        _visitor("alg-none-spelt-otherwise-accepted", f"{UNSIGNED} with algorithm {alg}")
        for alg in ("None", "NONE", "nOnE")
    ),
    _visitor(
        "exp-checked-with-leeway",
        "a token that expired minutes ago",
        r"a visitor was (told: \{|not refused as agreed: closed with 4401)",
    ),
    _visitor("missing-signature-accepted", "a token with an empty signature"),
    _visitor("other-algorithms-unchecked", "a token signed with the attacker's key pair"),
    _visitor("public-key-taken-for-secret", "a token signed with a public key as the secret"),
    _visitor("key-in-token-believed", "a token that contains its own secret"),
    _visitor("key-in-token-believed", "a token that contains its own public key"),
    _visitor("key-name-as-path", "a token whose key ID is the path of an empty file"),
    _visitor("key-name-in-query", "a token whose key ID is an SQL injection"),
    _visitor("key-fetched-from-anywhere", FETCHED_KEY),
    _visitor("key-fetched-from-anywhere", FETCHED_CERTIFICATE),
    _visitor("key-fetched-in-vain", FETCHED_KEY, "a visitor made the service fetch /keys.json"),
    _visitor(
        "key-fetched-in-vain",
        FETCHED_CERTIFICATE,
        "a visitor made the service fetch /certificate.pem",
    ),
    _visitor(
        "long-token-crashes",
        "a token of 16 KB",
        "a visitor was not refused as agreed: HTTP 500",
    ),
    Case(
        "malformed-handshake-unanswered",
        "A visitor with a token of 16 KB stays out",
        r"not refused as agreed: the handshake was not answered in time",
        ("-Dpatience.connect_s=2",),
    ),
    _visitor("control-characters-stripped", "a token with control characters"),
    # --- as a browser carries it
    _page("page-tokens-unchecked", "a token signed with another secret"),
    _page("page-tokens-unchecked", "an expired token"),
    _page("page-tokens-unchecked", "a refresh token"),
    _page("alg-none-accepted", UNSIGNED),
    Case("browser-tokens-refused", BROWSER, r"refused: HTTP 401"),
    Case("no-subprotocol-selected", BROWSER, r"selected the subprotocol None"),
    Case("token-echoed", BROWSER, r"selected the subprotocol bearer\.\[.*token\]"),
    Case("token-echoed-in-header", BROWSER, r"the token came back in the header x-session"),
    Case(
        "token-echoed-in-refusal",
        "A page with a token signed with another secret stays out",
        r"the token came back in the body",
    ),
    *(
        Case(
            "query-token-accepted",
            f'A token in the address, as "{name}", lets nobody in',
            rf"with a valid token in the URL parameter {name} a visitor was told: \{{",
        )
        for name in ("token", "access_token")
    ),
    # --- origins
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
    Case("allowed-origin-refused", "A page of the allowed site is let in", r"refused: HTTP 403"),
    Case("no-origin-refused", "An app that is no page of any site is let in", r"refused: HTTP 403"),
    # --- the end of a token, and the next one
    Case("expiry-not-enforced", ENDS, r"came .* s after the token had ended"),
    Case("expiry-wrong-code", ENDS, r"the connection was ended with code 1000"),
    Case("events-flow-past-expiry", ENDS, r"came .* s after the token had ended"),
    Case("refresh-fails", REFRESHED, r"the refresh failed: HTTP 500"),
    Case("refreshed-token-expired", REFRESHED, r"refused: HTTP 401"),
    Case("refresh-returns-old-token", REFRESHED, r"the refresh gave the old token back"),
    Case("refreshed-token-of-another", REFRESHED, r"the refreshed token is somebody else's"),
    # --- accounts
    _account("any-password-accepted", "a wrong password"),
    _account("wrong-password-crashes", "a wrong password", "was not turned down as agreed: HTTP 5"),
    Case(
        "one-mistake-locks-out",
        "The sign-in service turns away a wrong password",
        r"signing in failed: HTTP 401",
    ),
    _account("anyones-password-accepted", "another user's password"),
    _account("password-beginning-accepted", "the first half of the password"),
    _account("unknown-person-admitted", "an account that does not exist"),
    _account("any-refresh-token-accepted", "a garbled refresh token"),
    _account("any-refresh-token-accepted", "a refresh token signed with another secret"),
    _account("access-token-refreshes", "an access token instead of a refresh token"),
    Case("one-id-for-many", SECOND, r"takes them and Alice for one person"),
    Case("second-sign-up-overwrites", SECOND, r"a second sign-up was accepted: HTTP 200"),
    Case("taken-address-accepted", SECOND, r"a second sign-up was accepted: HTTP 201"),
)
