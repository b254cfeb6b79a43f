"""What the scenarios of signing in and expiring tokens catch."""

from __future__ import annotations

from case import Case


def _sign_in(defect: str, attempt: str, reason: str = "was accepted: HTTP 200") -> Case:
    return Case(defect, f"The sign-in service refuses {attempt}", rf"{attempt} {reason}")


def _refresh(defect: str, attempt: str) -> Case:
    scenario = f"The sign-in service does not refresh {attempt}"
    return Case(defect, scenario, f"{attempt} was accepted: HTTP 200")


ENDS = "A connection ends when its token expires, and nothing is lost"
OF_APP = "When the token of an app expires, only its connection ends"
OF_BROWSER = "When the token of a browser expires, only its connection ends"
LIVED_ON = r"the connection lived on after its token had ended"
REFRESHED = "A refreshed token is accepted"
SECOND = "An account cannot be taken over by signing up again"

CASES = (
    Case("expiry-not-enforced", ENDS, r"came .* s after the token had ended"),
    Case("expiry-wrong-code", ENDS, r"the connection was ended with code 1000"),
    Case("expiry-a-minute-early", ENDS, r"was ended \d\.\d s before its token"),
    Case("events-flow-past-expiry", ENDS, r"came .* s after the token had ended"),
    Case("expiry-ends-all-connections", OF_APP, r"another connection was also closed"),
    Case("expiry-ends-all-connections", OF_BROWSER, r"another connection was also closed"),
    Case("expiry-not-enforced", OF_APP, LIVED_ON),
    Case("browsers-outlive-tokens", OF_BROWSER, LIVED_ON),
    Case("refresh-fails", REFRESHED, r"the refresh failed: HTTP 500"),
    Case("refresh-works-once", REFRESHED, r"the refresh failed: HTTP 401"),
    Case("refreshed-token-expired", REFRESHED, r"the refreshed token ends before it is issued"),
    Case("refresh-returns-old-token", REFRESHED, r"the refresh gave the old token back"),
    Case("lifetime-in-milliseconds", REFRESHED, r"lasts \d+ s, and \d+ s were announced"),
    Case("refresh-adds-scope", REFRESHED, r"allows more than the old one: operator"),
    Case("refreshed-token-of-another", REFRESHED, r"the refreshed token is somebody else's"),
    _sign_in("any-password-accepted", "a wrong password"),
    _sign_in(
        "wrong-password-crashes", "a wrong password", "was not rejected as documented: HTTP 5"
    ),
    Case(
        "one-mistake-locks-out",
        "The sign-in service refuses a wrong password",
        r"signing in failed: HTTP 401",
    ),
    _sign_in("anyones-password-accepted", "another user's password"),
    _sign_in("password-beginning-accepted", "the first half of the password"),
    _sign_in("unknown-person-admitted", "an account that does not exist"),
    _refresh("any-refresh-token-accepted", "a garbled refresh token"),
    _refresh("any-refresh-token-accepted", "a refresh token signed with another secret"),
    _refresh("unsigned-refresh-token-accepted", "an unsigned refresh token"),
    _refresh("expired-refresh-token-accepted", "an expired refresh token"),
    _refresh("access-token-refreshes", "an access token instead of a refresh token"),
    Case("one-id-for-many", SECOND, r"gave them and Alice the same user id"),
    Case("second-sign-up-overwrites", SECOND, r"a second sign-up was accepted: HTTP 200"),
    Case("taken-address-accepted", SECOND, r"a second sign-up was accepted: HTTP 201"),
)
