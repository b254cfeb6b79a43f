"""What the scenarios of authentication catch."""

from __future__ import annotations

from case import Case


def _client(defect: str, token: str, reason: str = r"a client received: \{") -> Case:
    return Case(defect, f"A client with {token} is refused", rf"with {token} {reason}")


def _browser(defect: str, token: str) -> Case:
    reason = rf"with {token} a client received: \{{"
    return Case(defect, f"A browser with {token} is refused", reason)


EVERY_TIME = "A valid token is accepted every time it is used"
JUST_ISSUED = "A token just issued by the sign-in service is accepted by the chat service"
BROWSER = "A browser connects, and its token is never sent back"
UNSIGNED = "an unsigned token"
FETCHED_KEY = "a token with a link to its key"
FETCHED_CERTIFICATE = "a token with a link to its certificate"

CASES = (
    _client("signature-not-checked", "a token signed with another secret"),
    _client("signature-compared-in-part", "a truncated token"),
    _client("nbf-not-checked", "a token that is not valid yet"),
    _client("iss-not-checked", "a token from another issuer"),
    _client("aud-not-checked", "a token for another audience"),
    _client("iss-compared-in-part", "a token from another issuer"),
    _client("aud-compared-in-part", "a token for another audience"),
    _client("exp-not-checked", "an expired token"),
    _client("refresh-token-accepted", "a refresh token"),
    _client("alg-none-accepted", "an unsigned token"),
    _client("anonymous-admitted", "no token"),
    _client("malformed-token-accepted", "a garbled token"),
    Case("valid-token-refused", EVERY_TIME, r"refused: HTTP"),
    Case("token-works-once", EVERY_TIME, r"refused: HTTP"),
    Case("secrets-differ", JUST_ISSUED, r"refused: HTTP"),
    _client("leaky-refusal", "no token"),
    _client(
        "malformed-token-crashes", "a garbled token", r"a client was not refused as documented: HT"
    ),
    _client("signature-not-checked", "a token edited after it was signed"),
    *(
        _client("alg-none-spelt-otherwise-accepted", f"{UNSIGNED} with algorithm {alg}")
        for alg in ("None", "NONE", "nOnE")
    ),
    _client(
        "exp-checked-with-leeway",
        "a token that expired seconds ago",
        r"a client (received: \{|was not refused as documented: closed with 4401)",
    ),
    _client("missing-signature-accepted", "a token with an empty signature"),
    _client("other-algorithms-unchecked", "a token signed with the attacker's key pair"),
    _client("public-key-taken-for-secret", "a token signed with a public key as the secret"),
    _client("key-in-token-believed", "a token that contains its own secret"),
    _client("key-in-token-believed", "a token that contains its own public key"),
    _client("key-name-as-path", "a token whose key ID is the path of an empty file"),
    _client("key-name-in-query", "a token whose key ID is an SQL injection"),
    _client("key-fetched-from-anywhere", FETCHED_KEY),
    _client("key-fetched-from-anywhere", FETCHED_CERTIFICATE),
    _client("key-fetched-in-vain", FETCHED_KEY, "a client made the service fetch /keys.json"),
    _client(
        "key-fetched-in-vain",
        FETCHED_CERTIFICATE,
        "a client made the service fetch /certificate.pem",
    ),
    _client(
        "long-token-crashes",
        "a token of 16 KB",
        "a client was not refused as documented: HTTP 500",
    ),
    Case(
        "malformed-handshake-unanswered",
        "A client with a token of 16 KB is refused",
        r"not refused as documented: the handshake was not answered in time",
        ("-Dpatience.connect_s=2",),
    ),
    _client("control-characters-stripped", "a token with control characters"),
    # --- from a browser
    _browser("page-tokens-unchecked", "a token signed with another secret"),
    _browser("page-tokens-unchecked", "an expired token"),
    _browser("page-tokens-unchecked", "a refresh token"),
    _browser("alg-none-accepted", UNSIGNED),
    Case("browser-tokens-refused", BROWSER, r"refused: HTTP 401"),
    Case("browsers-see-others", BROWSER, r"Alice received the secret of Bob"),
    Case("no-subprotocol-selected", BROWSER, r"selected the subprotocol None"),
    Case("token-echoed", BROWSER, r"selected the subprotocol bearer\.\[.*token\]"),
    Case("token-echoed-in-header", BROWSER, r"the token came back in the header x-session"),
    Case(
        "token-echoed-in-refusal",
        "A browser with a token signed with another secret is refused",
        r"the token came back in the body",
    ),
    *(
        Case(
            "query-token-accepted",
            f"a valid token in the URL parameter {name} is refused",
            rf"with a valid token in the URL parameter {name} a client received: \{{",
        )
        for name in ("token", "access_token")
    ),
)
