"""Does the auth service give tokens to whom they belong, and to nobody else?"""

from __future__ import annotations

from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.journal import History, records
from support.journal.records import AuthAnswer

#: By how many seconds a token may end earlier than announced: times are rounded.
ROUNDED_S = 5.0
#: At most so many scopes are named.
SHOWN = 3


@check("{user} has an account")
def has_account(history: History, user: str) -> Finding:
    """The user's own sign-up and sign-in succeeded, and nobody else is that person."""
    signed_in = history.of(records.SignedIn, lambda r: r.user == user)
    if not signed_in:
        return unknown("the user never signed in")
    if not signed_in[-1].ok:
        return failed(f"no token was issued: {signed_in[-1].detail}")
    own = signed_in[-1].user_id
    others = history.of(records.SignedIn, lambda r: r.user != user and r.user_id == own)
    if own is not None and others:
        other = person(others[0].user)
        return failed(
            f"the sign-in service gave them and {other} the same user id",
            expected=("an id of their own",),
            seen=("one id for two people",),
            records=(others[0].seq, signed_in[-1].seq),
        )
    return passed("signed in", records=(signed_in[-1].seq,))


@check(
    "{user} gets a new token of their own for the old one that allows no more,"
    " valid for at least as long as announced"
)
def refreshed(history: History, user: str) -> Finding:
    """Every refresh succeeded, with an access token that is another one, of the same user.

    It has no scope that the old one had not, where both name their scopes.

    Where the answer says how long it lasts, and the token can be read, it ends no more than
    `ROUNDED_S` before that.
    """
    answers = _of(history, user, "granted", "refresh")
    if not answers:
        return unknown("nothing was refreshed")
    for answer in answers:
        problem, expected = "", "a new token of theirs that lasts at least as long as announced"
        if not answer.granted:
            problem = f"the refresh failed: {answer.detail}"
        elif answer.another is False:
            problem = "the refresh gave the old token back"
        elif answer.same_user is False:
            problem = "the refreshed token is somebody else's"
        elif answer.gained:
            expected = "no scope that the old token had not"
            problem = f"the refreshed token allows more than the old one: {_named(answer.gained)}"
        else:
            problem = _lifetime_problem(answer)
        if problem:
            return failed(
                problem,
                expected=(expected,),
                seen=(problem,),
                records=(answer.seq,),
            )
    unread = ", scopes not readable" if any(a.gained is None for a in answers) else ""
    return passed(f"{len(answers)} refreshed{unread}")


def _named(scopes: tuple[str, ...]) -> str:
    more = f" and {len(scopes) - SHOWN} more" if len(scopes) > SHOWN else ""
    return " ".join(scopes[:SHOWN]) + more


def _lifetime_problem(answer: AuthAnswer) -> str:
    lasts_s, announced_s = answer.lasts_s, answer.announced_s
    if lasts_s is not None and lasts_s <= 0:
        return "the refreshed token ends before it is issued"
    if lasts_s is None or announced_s is None:
        return ""
    if announced_s <= lasts_s + ROUNDED_S:
        return ""
    return f"the refreshed token lasts {lasts_s:.0f} s, and {announced_s:.0f} s were announced"


@check("{impostor} gets no tokens of {victim}")
def tokens_denied(history: History, impostor: str, victim: str) -> Finding:
    """Every attempt was rejected in the documented way, and brought no tokens.

    The victim must have succeeded with the same call: otherwise a rejection proves nothing.
    """
    tries = _of(history, impostor, "refused")
    if not tries:
        return unknown("no attempt was made")
    for answer in tries:
        if answer.granted:
            return failed(
                f"{answer.means} was accepted: {answer.detail}",
                expected=("no tokens",),
                seen=(answer.detail,),
                records=(answer.seq,),
            )
        if not answer.agreed:
            return failed(
                f"{answer.means} was not rejected as documented: {answer.detail}",
                expected=("the refusal this kind of service is known by",),
                seen=(answer.detail,),
                records=(answer.seq,),
            )
        if any(r.same_user is False for r in _of(history, victim, "granted", answer.call)):
            return failed("even a legitimate call returned another user's token")
        if not _is_legitimate(history, victim, answer):
            return unknown("no legitimate call succeeded")
    return passed(f"{len(tries)} attempts, all rejected")


@check("{user} can still sign in")
def sign_in_still_works(history: History, user: str) -> Finding:
    """The user's newest own sign-in, after all others have tried, gave tokens of the user's own."""
    answers = _of(history, user, "granted", "sign_in")
    tries = history.of(AuthAnswer, lambda r: r.expect == "refused")
    if not answers or not tries or answers[-1].seq < tries[-1].seq:
        return unknown("the user has not tried since")
    answer = answers[-1]
    if not answer.granted:
        return failed(f"signing in failed: {answer.detail}", records=(answer.seq,))
    if answer.same_user is False:
        return failed("signing in gave somebody else's token", records=(answer.seq,))
    return passed("signed in", records=(answer.seq,))


def _of(history: History, user: str, expect: str, call: str = "") -> list[AuthAnswer]:
    return history.of(
        AuthAnswer, lambda r: r.user == user and r.expect == expect and (not call or r.call == call)
    )


def _is_legitimate(history: History, victim: str, answer: AuthAnswer) -> bool:
    own = [r for r in _of(history, victim, "granted", answer.call) if r.seq < answer.seq]
    if own:
        return own[-1].granted
    signed_up = history.of(records.SignedIn, lambda r: r.user == victim and r.seq < answer.seq)
    return answer.call != "refresh" and bool(signed_up) and signed_up[-1].ok
