"""How a user gets their tokens: through the auth service, minted by us, or given."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable

from support.client.tokens import Credentials, Mint
from support.config import NotOffered
from support.deployment import Deployment
from support.dialects.schema import Call, captured, fill
from support.journal import Journal, records


class SignInFailed(Exception):
    """The deployment did not issue tokens; the message says what it answered; `status` is
    HTTP's."""

    cause = "product"

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class SignIn:
    """Fresh people for every scenario, by the environment's sign-in mode.

    `keep_secret(secret, label)` receives every password and token before it is used.
    """

    def __init__(
        self, deployment: Deployment, keep_secret: Callable[[str | None, str], None]
    ) -> None:
        self._deployment = deployment
        self._keep_secret = keep_secret
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
        try:
            credentials = await asyncio.to_thread(self.next_person())
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
            took_ms=(time.monotonic() - started) * 1000,
            detail=detail,
            status=status,
        )
        for earlier in self.met_before(user_id, key):
            journal.record(records.SameIdentityAs, user=earlier, user_id=user_id or "")
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
        return sum(call is not None for call in (http.sign_up, http.sign_in))

    def next_person(self) -> Callable[[], Credentials]:
        """A call that signs a new person in. It blocks; it raises `SignInFailed`, `NotOffered`."""
        mode = self._deployment.environment.sign_in
        if mode == "static":
            return self._static()
        return self._mint if mode == "mint" else self._service

    def begin_scenario(self) -> None:
        """Static people may be used again: those of the last scenario have left."""
        self._given = 0

    def _static(self) -> Callable[[], Credentials]:
        users = self._deployment.environment.users
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

    def _service(self) -> Credentials:
        http = self._deployment.dialect.data.http
        if http.sign_in is None or self._deployment.auth_http is None:
            raise NotOffered("tokens are not issued by an auth service in this environment")
        password = secrets.token_urlsafe(18)
        self._keep_secret(password, "password")
        person = {"email": f"greenlight-{uuid.uuid4().hex}@example.test", "password": password}
        kept = self._call(http.sign_up, "sign up", person) if http.sign_up else {}
        kept |= self._call(http.sign_in, "sign in", person)
        if "access" not in kept:
            raise SignInFailed("signing in succeeded, but no access token was in the answer")
        for label, token in kept.items():
            if label in ("access", "refresh"):
                self._keep_secret(token, f"{label} token")
        return Credentials(
            kept.get("user_id"), kept["access"], kept.get("refresh"), person["email"], password
        )

    def _call(self, call: Call, what: str, person: dict[str, str]) -> dict[str, str]:
        assert self._deployment.auth_http is not None
        answer = self._deployment.auth_http.post(call.path, fill(call.body, person))
        if answer.status is None:
            raise SignInFailed(f"could not {what}: {answer.detail}")
        if answer.status not in call.success:
            detail = f"could not {what}: the auth service answered {answer.status}"
            raise SignInFailed(detail, answer.status)
        values = captured(answer.body, call.capture)
        return {name: str(value) for name, value in values.items() if value not in (None, "")}
