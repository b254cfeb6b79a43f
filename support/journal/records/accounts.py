"""How users got accounts and tokens, and the calls before and after their connections."""

from __future__ import annotations

from support.journal.records.record import Record


class SignedIn(Record, tag="signed_in", frozen=True):
    """A user holds tokens, or could not get any (`ok` false: `detail` says why).

    `status` is the HTTP status that refused them, if there was an answer. `reused`: with an account
    of an earlier run.
    """

    user: str
    ok: bool
    way: str
    reused: bool = False
    user_id: str | None = None
    took_ms: float = 0.0
    detail: str = ""
    status: int | None = None


class SameIdentityAs(Record, tag="known_as", frozen=True):
    """Somebody of an earlier scenario or run is a person of this one: accounts are used again."""

    user: str
    user_id: str


class AuthAnswer(Record, tag="auth_answer", frozen=True):
    """What the auth service answered to `user`. No token and no password is in it.

    `call` is `sign_up`, `sign_in` or `refresh`; `expect` is `granted`, `refused` or
    `proof` (a control, of which nothing is demanded), `means` how it
    was tried, in words for people. `granted`: it succeeded, tokens and all; `agreed`: it was
    refused as the dialect states. `another` and `same_user` compare a new access token
    with the one before it; `gained` are the scopes that it has and that one had not (None: not
    known). `lasts_s` is what its own claims say; `announced_s` what the answer says.
    """

    user: str
    call: str
    status: int | None
    expect: str = "granted"
    means: str = ""
    granted: bool = False
    agreed: bool = False
    another: bool | None = None
    same_user: bool | None = None
    gained: tuple[str, ...] | None = None
    lasts_s: float | None = None
    announced_s: float | None = None
    detail: str = ""
    took_ms: float = 0.0


class PreludeCall(Record, tag="prelude", frozen=True):
    """An HTTP call that the dialect makes `before` a user's connections or `after` all of them."""

    user: str
    when: str
    call: str
    ok: bool
    status: int | None = None
    detail: str = ""
    took_ms: float = 0.0


AccountRecord = SignedIn | SameIdentityAs | AuthAnswer | PreludeCall
