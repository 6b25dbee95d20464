"""The REST API of one Airflow: which of its two forms it speaks, what it has loaded, what it could not import.

Read only. There are no retries here: a look that failed is followed by the next look (design: after 10, 20, 40, … s).
Stable REST API of 2.x: `/api/v1`; of 3.x: `/api/v2`, where a login is exchanged for a token at `/auth/token`.
"""

import base64
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from shared.airflow.address import AirflowAddress
from shared.airflow.evidence import (
    Evidence,
    ListPage,
    LoadedDag,
    read_dags,
    read_errors,
    read_stored_source,
    read_version,
)
from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.rest.answers import RestAnswer
from shared.rest.deadline import Deadline
from shared.rest.error_bodies import UNAUTHORIZED, failure
from shared.rest.no_answer import RAISED, NoAnswer
from shared.rest.tokens import Tokens
from shared.rest.transport import Transport
from shared.rest.urls import Url
from shared.telemetry.tracing import outgoing

log = logging.getLogger(__name__)

_PAGE = 100
_MOST_PAGES = 1000
_FORBIDDEN, _NOT_FOUND = 403, 404
_JSON = {"Accept": "application/json", "User-Agent": "dag-relay"}

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class AirflowApi:
    """One of the two forms: where it is, how it lists inactive DAGs too, how it names a DAG's source."""

    version: str
    all_dags: Mapping[str, str]

    def source_key(self, dag: LoadedDag) -> str:
        """Return what stands in the URL of a DAG's stored source."""
        return dag.source_key if self.version == "v1" else dag.dag_id


V1 = AirflowApi("v1", {"only_active": "false", "order_by": "dag_id"})
V2 = AirflowApi("v2", {"exclude_stale": "false", "order_by": "dag_id"})


class AirflowLogin(Protocol):
    """How the relay shows who it is."""

    def headers(self, client: "AirflowClient", api: AirflowApi, deadline: Deadline) -> dict[str, str]:
        """Return what goes with a request; raise ServiceError where there is nothing."""

    def forget(self) -> bool:
        """Airflow did not take what `headers` returned; say whether it is worth trying with something new."""


@dataclass(slots=True)
class EntraLogin:
    """The app's own identity: a token for the scope of managed environments."""

    tokens: Tokens

    def headers(self, _client: "AirflowClient", _api: AirflowApi, deadline: Deadline) -> dict[str, str]:
        """Return the token of the app's identity; raise NoToken where it gets none."""
        return {"Authorization": f"Bearer {self.tokens.get(deadline.left_s)}"}

    def forget(self) -> bool:
        """Leave the token to the credential, which renews it in time."""
        return False


class BasicLogin:
    """A user and a password: sent as they are to 2.x, exchanged for a token in 3.x."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._token: str | None = None

    def headers(self, client: "AirflowClient", api: AirflowApi, deadline: Deadline) -> dict[str, str]:
        """Return the login; raise ServiceRefusal where 3.x gives no token for it."""
        if api is V1:
            pair = base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        self._token = self._token or client.token_for(self._user, self._password, deadline)
        return {"Authorization": f"Bearer {self._token}"}

    def forget(self) -> bool:
        """Exchange the login anew next time, since tokens of 3.x end (after a day by default)."""
        had, self._token = self._token is not None, None
        return had


class AirflowClient:
    """Asks one Airflow; keeps what it learned of its version, its connections, and the token of a login."""

    def __init__(
        self,
        address: AirflowAddress,
        login: AirflowLogin,
        *,
        clock: Callable[[], float] = time.monotonic,
        trust_environment: bool = False,
    ) -> None:
        self._address = address
        self._login = login
        self.clock = clock
        self._transport = Transport(address.service, trust_environment=trust_environment)
        self._known: tuple[AirflowApi, str] | None = None

    def look(self, *, deadline_s: float) -> Evidence:
        """Return what Airflow shows now: all DAGs, inactive ones too, and all import errors.

        Raises ServiceRefusal where another look will not show more (401, 403, a redirect to a login page, an answer
        that is not Airflow's), ServiceUnavailable where the next look may.
        """
        deadline = Deadline.after(deadline_s, self.clock)
        was_known = self._known is not None
        try:
            return self._look(deadline)
        except ServiceRefusal as refusal:
            if not was_known or refusal.status != _NOT_FOUND:
                raise
        # Airflow may have got another version in its place.
        self._known = None
        return self._look(deadline)

    def _look(self, deadline: Deadline) -> Evidence:
        api, version = self._known = self._known or self._find_api(deadline)
        dags, _ = self._list(api, "dags", api.all_dags, read_dags, deadline)
        errors, answered = self._list(api, "importErrors", {"order_by": "import_error_id"}, read_errors, deadline)
        return Evidence(
            version,
            clock_of(answered),
            dags.items,
            errors.items,
            unread_dags=dags.unread,
            unread_errors=errors.unread,
        )

    def source(self, dag: LoadedDag, *, deadline_s: float) -> str | None:
        """Return the source that Airflow stored with a DAG, or None where it does not show it to us."""
        deadline = Deadline.after(deadline_s, self.clock)
        api, _ = self._known = self._known or self._find_api(deadline)
        key = api.source_key(dag)
        if not key:
            return None
        try:
            answer = self._get(api, ("dagSources", key), "", deadline)
        except ServiceRefusal as refusal:
            if refusal.status in {_FORBIDDEN, _NOT_FOUND}:
                return None
            raise
        content = _read(read_stored_source, answer)
        return None if content.startswith("REDACTED - ") else content

    def with_sources(self, evidence: Evidence, dags: "list[LoadedDag]", *, deadline_s: float) -> Evidence:
        """Return the evidence with the stored sources of some DAGs, of as many as there is time for."""
        deadline = Deadline.after(deadline_s, self.clock)
        sources: dict[str, str | None] = {}
        for dag in dags:
            if not deadline.left_s:
                log.info("%d of %d sources were asked for in this look", len(sources), len(dags))
                break
            sources[dag.dag_id] = self.source(dag, deadline_s=deadline.left_s)
        return replace(evidence, sources={**evidence.sources, **sources})

    def token_for(self, user: str, password: str, deadline: Deadline) -> str:
        """Return the token that Airflow 3.x gives for a login; raise ServiceRefusal where it gives none."""
        body = json.dumps({"username": user, "password": password}).encode()
        headers = {**_JSON, "Content-Type": "application/json"}
        answer = self._send("POST", self._address.url("auth", "token"), body, headers, deadline, secret=password)
        body_json = answer.json()
        token = body_json.get("access_token") if isinstance(body_json, dict) else None
        if not isinstance(token, str):
            raise _not_airflow(answer)
        return token

    def _find_api(self, deadline: Deadline) -> tuple[AirflowApi, str]:
        """Ask for the version of 3.x, then for that of 2.x; it is public, but a gateway may want a token for it."""
        try:
            return V2, self._version(V2, deadline)
        except ServiceRefusal as refusal:
            log.debug("no %s: %s", V2.version, refusal)
        return V1, self._version(V1, deadline)

    def _version(self, api: AirflowApi, deadline: Deadline) -> str:
        # A login is exchanged for a token only where the API for that is known to be there.
        anonymous = api is V2 and isinstance(self._login, BasicLogin)
        return _read(read_version, self._get(api, ("version",), "", deadline, anonymous=anonymous))

    def _list(
        self,
        api: AirflowApi,
        name: str,
        query: Mapping[str, str],
        read: Callable[[object], ListPage[Item]],
        deadline: Deadline,
    ) -> tuple[ListPage[Item], RestAnswer]:
        """Return a list as one page, and the last answer; a server may give fewer to a page than it was asked for."""
        found: list[Item] = []
        unread = 0
        for _ in range(_MOST_PAGES):
            asked = urlencode({**query, "limit": _PAGE, "offset": len(found) + unread})
            answer = self._get(api, (name,), asked, deadline)
            page = _read(read, answer)
            found += page.items
            unread += page.unread
            ended = not (page.items or page.unread) or len(found) + unread >= page.total
            if ended:
                if unread:
                    log.warning("%d of Airflow's %s could not be read", unread, name)
                return ListPage(tuple(found), unread, page.total), answer
        raise ServiceRefusal(f"Airflow's list of {name} does not end", code="EndlessList")

    def _get(
        self, api: AirflowApi, names: tuple[str, ...], query: str, deadline: Deadline, *, anonymous: bool = False
    ) -> RestAnswer:
        url = self._address.url("api", api.version, *names, query=query)

        def once() -> RestAnswer:
            login = {} if anonymous else self._login.headers(self, api, deadline)
            return self._send("GET", url, None, {**_JSON, **login}, deadline, secret=login.get("Authorization", ""))

        try:
            return once()
        except ServiceRefusal as refusal:
            if refusal.status != UNAUTHORIZED or not self._login.forget():
                raise
        return once()

    def _send(  # noqa: PLR0913 - one request, in all its parts
        self, method: str, url: Url, body: bytes | None, headers: Mapping[str, str], deadline: Deadline, *, secret: str
    ) -> RestAnswer:
        if not deadline.left_s:
            raise ServiceUnavailable("the time for the look is over", code="OutOfTime")
        template = url.template(self._address.service.words)
        with outgoing(f"Airflow {template}", method) as step:
            try:
                answer = self._transport.send(
                    method, url, body, {**headers, **step.headers}, time_left_s=deadline.left_s
                )
            except RAISED as error:
                step.answered(None)
                outcome: RestAnswer | NoAnswer = NoAnswer.of(error)
            else:
                step.answered(answer.status)
                outcome = answer if answer.ok else answer.without(secret, secret.partition(" ")[2])
        log.info("airflow %s %s: %s", method, template, getattr(outcome, "status", None) or "no answer")
        if isinstance(outcome, RestAnswer) and outcome.ok:
            return outcome
        raise _refusal(outcome)


def clock_of(answer: RestAnswer) -> datetime:
    """Return Airflow's clock at an answer: its `Date`, or ours where a proxy took that out."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return datetime.now(UTC).replace(microsecond=0)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _refusal(outcome: RestAnswer | NoAnswer) -> Exception:
    redirect = isinstance(outcome, RestAnswer) and 300 <= outcome.status < 400  # noqa: PLR2004 - the definition of 3xx
    if isinstance(outcome, RestAnswer) and redirect:
        message = "Airflow sent the request elsewhere, as it does with one who is not logged in; expected JSON"
        return ServiceRefusal(message, code="Redirected", status=outcome.status)
    return failure(outcome)


def _read(read: Callable[[object], Item], answer: RestAnswer) -> Item:
    try:
        return read(answer.json())
    except ValueError:
        log.info("an answer with status %d is none of Airflow's REST API", answer.status)
    # Raised outside, so that no part of the answer hangs on to the exception.
    raise _not_airflow(answer)


def _not_airflow(answer: RestAnswer) -> ServiceRefusal:
    kind = answer.headers.get("Content-Type", "no content type").partition(";")[0][:100]
    return ServiceRefusal(f"expected JSON of Airflow's REST API, got {kind}", code="NotAirflow", status=answer.status)
