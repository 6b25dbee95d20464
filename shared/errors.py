"""The exceptions of the relay.

RelayError
├── SettingsError        the app cannot be set up: every problem of its settings in one message
├── StateConflict        a stored state was changed between our reading and our writing
├── FolderUnreadable     the storage with the DAG files did not let us list the folder
├── NotDelivered         the receiver of notifications did not take one
└── ServiceError         Azure Resource Manager, or another REST API of Azure, did not do what it was asked
    ├── ServiceRefusal       a non-retryable error, or a request that cannot be sent at all
    └── ServiceUnavailable   no usable answer within the attempts and the time allowed
        ├── NoToken          our own identity got no token, so nothing was sent
        ├── Throttled        the service takes no more calls for now
        └── UnexpectedAnswer a success that the operation does not document, as a proxy makes them
"""

from dataclasses import dataclass


class RelayError(Exception):
    """Base of all errors of the relay."""


class SettingsError(RelayError):
    """The settings are missing or wrong; `problems` has every one, and the message a line for each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("the settings are not usable:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = problems


class StateConflict(RelayError):  # noqa: N818 - a conflict is the event; it is handled, not reported
    """The stored state is no longer the one that was read."""


class FolderUnreadable(RelayError):  # noqa: N818 - names the state that has to be fixed, or to pass
    """The folder could not be listed; `code` is the storage's own where it answered, else the kind of failure."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class NotDelivered(RelayError):  # noqa: N818 - names what came of the delivery
    """The receiver did not take a notification; worth retrying, and not before `retry_after_s` where that is known."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One of the errors below an error, in the service's words; what it leaves out is empty."""

    code: str = ""
    message: str = ""
    target: str = ""
    details: "tuple[ErrorDetail, ...]" = ()


class ServiceError(RelayError):
    """A REST API of Azure, mostly Azure Resource Manager, did not do what it was asked.

    `status` is None when no answer came. `code`, `message`, `target` and `details` are the service's own words where
    there are any, else ours. `request_id` is what Azure's support asks for. `may_have_acted` says that an
    attempt of the call got no clear answer and may have been carried out.
    """

    def __init__(  # noqa: PLR0913 - all but the first two have a default
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        request_id: str | None = None,
        target: str = "",
        details: tuple[ErrorDetail, ...] = (),
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.target = target
        self.details = details
        self.may_have_acted = False


class ServiceRefusal(ServiceError):  # noqa: N818 - it is ARM's refusal, and reads so at every `except`
    """The service refused, or the request cannot be sent: non-retryable."""


class ServiceUnavailable(ServiceError):  # noqa: N818 - names the state that the caller has to wait out
    """The service is unavailable; worth retrying, and not before `retry_after_s` seconds where that is known."""

    def __init__(  # noqa: PLR0913 - as above
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        request_id: str | None = None,
        target: str = "",
        details: tuple[ErrorDetail, ...] = (),
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status, request_id=request_id, target=target, details=details)
        self.retry_after_s = retry_after_s


class NoToken(ServiceUnavailable):
    """Our own identity got no token."""


class Throttled(ServiceUnavailable):
    """The service takes no more calls for now: a wait, which says nothing about what it was asked."""


class UnexpectedAnswer(ServiceUnavailable):
    """A 2xx that is not the service's, so that nothing is known to have been done."""
