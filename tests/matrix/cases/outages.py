"""What the scenarios of outages catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

STORE_DOWN = "Users are told while the store is down"
STORE_BACK = "After an outage of the store nothing is lost"
SIGN_IN_BACK = "After an outage of sign-in users can sign in and refresh their tokens"

SIGN_IN_DOWN = "While sign-in is down, those who are signed in can continue"

CASES = (
    Case("token-works-once", SIGN_IN_DOWN, r"refused|admitted"),
    Case("store-outage-hidden", STORE_DOWN, r"health went on saying that all is well"),
    Case("health-silent-in-outage", STORE_DOWN, r"health gave no answer"),
    Case("store-outage-not-told", STORE_DOWN, r"a request was accepted, and then"),
    Case("store-outage-silent", STORE_DOWN, r"neither rejected nor accepted"),
    Case("store-outage-loses-events", STORE_BACK, BROKEN_STORY),
    Case("unwell-after-outage", STORE_BACK, r"still not well"),
    Case("accounts-forgotten-on-restart", SIGN_IN_BACK, r"refresh failed"),
)
