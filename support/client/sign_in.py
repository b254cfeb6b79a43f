"""How a user gets their tokens: through the auth service, minted by us, or given."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable
from functools import partial

from support.client.kept_accounts import KeptAccount, KeptAccounts
from support.client.mentions import record_mentions
from support.client.tokens import Credentials, Mint
from support.config import NotOffered
from support.deployment import Deployment
from support.deployment.http import Answer
from support.dialects.expressions import captured
from support.dialects.schema import Call
from support.journal import EARLIER, Journal, records


class SignInFailed(Exception):
    """The deployment did not issue tokens; the message says what it answered; `status` is
    HTTP's."""

    cause = "product"

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


#: What was sent to the auth service, and its answer.
Heard = Callable[[str, Answer], object]
#: How reports call that answer.
AUTH_ANSWER = "an answer of the auth service"
#: The tag of scenarios whose users all get new accounts.
FRESH_ACCOUNTS = "fresh_accounts"
#: So many kept accounts refused in a row: the others are gone, too.
MOST_REFUSED = 3


class SignIn:
    """Other people for every scenario, by the environment's sign-in mode.

    `keep_secret(secret, label)` is told every password and token before it is used. `kept` are
    accounts of earlier runs, used before new ones are made; none without it.
    """

    def __init__(
        self,
        deployment: Deployment,
        keep_secret: Callable[[str | None, str], None],
        kept: KeptAccounts | None = None,
    ) -> None:
        self._deployment = deployment
        self._keep_secret = keep_secret
        self._kept = kept
        self._fresh = False
        self._refused = 0
        self._given = 0
        self._met: dict[str, list[str]] = {}

    async def new_person(self, key: str, journal: Journal) -> Credentials | None:
        """What the person `key` holds after signing in; None if no tokens are issued (recorded).

        Raises `NotOffered` where the environment offers no sign-in, or no further user.
        """
        for _ in range(self.calls):
            await self._deployment.safety.auth_call()
        started, redactor = time.monotonic(), journal.redactor
        credentials, detail, status = None, "", None
        heard: list[tuple[str, Answer]] = []
        try:
            person = self.next_person(lambda *exchange: heard.append(exchange))
            credentials = await asyncio.to_thread(person)
            redactor.add_secret(credentials.access, "token")
            redactor.add_identifier(credentials.user_id, "user", key)
            redactor.add_identifier(credentials.email, "email", key)
        except SignInFailed as error:
            detail, status = str(error), error.status
        user_id = credentials.user_id if credentials else None
        journal.record(
            records.SignedIn,
            user=key,
            ok=credentials is not None,
            way=self._deployment.environment.sign_in,
            user_id=user_id,
            reused=credentials is not None and credentials.reused,
            took_ms=(time.monotonic() - started) * 1000,
            detail=detail,
            status=status,
        )
        told = credentials.earlier_canaries if credentials else ()
        for canary in told:
            redactor.add_canary(canary, key + EARLIER)
        for earlier in (*self.met_before(user_id, key), *([key + EARLIER] if told else [])):
            journal.record(records.SameIdentityAs, user=earlier, user_id=user_id or "")
        for sent, answer in heard:
            record_mentions(journal, AUTH_ANSWER, answer.whole, user=key, sent=sent)
        return credentials

    def met_before(self, user_id: str | None, key: str) -> list[str]:
        """The keys this person had in earlier scenarios; from now on they are `key`, too."""
        if user_id is None:
            return []
        earlier = self._met.setdefault(user_id, [])
        before = list(earlier)
        earlier.append(key)
        return before

    @property
    def calls(self) -> int:
        """How many calls to the auth service it takes to sign a person in."""
        http = self._deployment.dialect.data.http
        if self._deployment.environment.sign_in != "service":
            return 0
        return sum(call is not None for call in (http.sign_up, http.sign_in)) + bool(self._kept)

    @property
    def kept(self) -> int:
        """How many accounts of earlier runs can be used again."""
        return self._kept.available() if self._kept else 0

    def next_person(self, heard: Heard = lambda sent, answer: None) -> Callable[[], Credentials]:
        """A call that signs a new person in. It blocks; it raises `SignInFailed`, `NotOffered`.

        `heard` is handed what is sent to the auth service, and each answer.
        """
        mode = self._deployment.environment.sign_in
        if mode == "static":
            return self._static()
        return self._mint if mode == "mint" else partial(self._service, heard)

    def begin_scenario(self, *, fresh: bool = False) -> None:
        """Static people may be met again: those of the last scenario are gone.

        With `fresh`, every account of the scenario is a new one, and none is kept.
        """
        self._given, self._fresh = 0, fresh

    def keep(self, person: Credentials, canary: str | None) -> None:
        """Keep the account for later runs: its user told `canary`, and all they asked has ended.

        An account without an id is not kept: nobody could tell what is its own.
        """
        if self._kept is None or self._fresh:
            return
        if person.user_id and person.email and person.password:
            told = (canary,) if canary else ()
            self._kept.put_back(
                KeptAccount(
                    person.email, person.password, person.user_id, person.earlier_canaries + told
                )
            )

    def _static(self) -> Callable[[], Credentials]:
        users = self._deployment.environment.users
        if self._deployment.dialect.data.identity == "shared":
            shared = users[0].token.get_secret_value() if users else ""
            return lambda: Credentials(None, shared)
        if self._given >= len(users):
            raise NotOffered(
                f"the environment gives {len(users)} users, the scenario needs one more"
            )
        user = users[self._given]
        self._given += 1
        return lambda: Credentials(user.user_id, user.token.get_secret_value())

    def _mint(self) -> Credentials:
        mint, user_id = Mint(self._deployment), str(uuid.uuid4())
        return Credentials(user_id, mint.good(user_id), mint.refresh(user_id))

    def _service(self, heard: Heard) -> Credentials:
        http = self._deployment.dialect.data.http
        if http.sign_in is None or self._deployment.auth_http is None:
            raise NotOffered("tokens are not issued by an auth service in this environment")
        if again := self._reused(http.sign_in, heard):
            return again
        password = secrets.token_urlsafe(18)
        self._keep_secret(password, "password")
        person = {"email": f"greenlight-{uuid.uuid4().hex}@example.test", "password": password}
        told = self._call(http.sign_up, "sign up", person, heard) if http.sign_up else {}
        told |= self._issued(http.sign_in, person, heard)
        return Credentials(
            told.get("user_id"), told["access"], told.get("refresh"), person["email"], password
        )

    def _reused(self, call: Call, heard: Heard) -> Credentials | None:
        """Sign in with a kept account; None if there is none, or it exists no more."""
        account = None if self._kept is None or self._fresh else self._kept.take()
        if self._kept is None or account is None:
            return None
        self._keep_secret(account.password, "password")
        try:
            person = {"email": account.email, "password": account.password}
            told = self._issued(call, person, heard)
        except SignInFailed as error:
            if error.status not in call.refused:
                self._kept.put_back(account)
                raise
            self._refused += 1
            if self._refused >= MOST_REFUSED:
                self._kept.forget()
            return None
        self._refused = 0
        return Credentials(
            account.user_id,
            told["access"],
            told.get("refresh"),
            account.email,
            account.password,
            reused=True,
            earlier_canaries=account.canaries,
        )

    def _issued(self, call: Call, person: dict[str, str], heard: Heard) -> dict[str, str]:
        """What signing in brings, with an access token for certain."""
        told = self._call(call, "sign in", person, heard)
        if "access" not in told:
            raise SignInFailed("signing in succeeded, but no access token was in the answer")
        for label in ("access", "refresh"):
            self._keep_secret(told.get(label), f"{label} token")
        return told

    def _call(self, call: Call, what: str, person: dict[str, str], heard: Heard) -> dict[str, str]:
        assert self._deployment.auth_http is not None
        request = self._deployment.person().request(call, **person)
        answer = self._deployment.auth_http.call(
            request.method, request.path, request.body, request.headers
        )
        heard(" ".join(person.values()), answer)
        if answer.status is None:
            raise SignInFailed(f"could not {what}: {answer.detail}")
        if not call.succeeded(answer.status):
            detail = f"could not {what}: the auth service answered {answer.status}"
            raise SignInFailed(detail, answer.status)
        return captured(answer.body, call.capture)
