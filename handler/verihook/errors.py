"""Every error that Verihook raises on purpose, as one tree.

    VerihookError
    ├── Rejected                 a delivery that is not accepted
    │   ├── SourceNotFound         404  source-not-found
    │   ├── MethodNotAllowed       405  method-not-allowed
    │   ├── BodyTooLarge           413  body-too-large
    │   ├── UnsupportedMediaType   415  unsupported-media-type
    │   ├── SignatureError         401  signature        (the reason goes to the log only)
    │   ├── EventMalformed         400  event-malformed
    │   ├── HandshakeRefused       403  handshake-refused
    │   ├── InputInvalid           422  input-invalid    (with every violation)
    │   ├── NotThroughFront        403  not-through-front, and SenderRefused, sender-refused   (in model/front.py)
    │   └── Duplicate              409  duplicate
    ├── Unavailable              503 + Retry-After: the sender should deliver again
    │   ├── NotConfigured               not-configured       (hooks.toml or the environment does not load, in AWS)
    │   ├── SecretsUnavailable          secrets-unavailable
    │   ├── LedgerUnavailable           ledger-unavailable
    │   ├── PayloadsUnavailable         payloads-unavailable
    │   ├── EngineUnavailable           engine-unavailable   (throttled, unreachable, or its answer was lost)
    │   └── EntryFailed                 entry-failed, with EntryTimeout, entry-timeout   (in model/ports/entries.py)
    ├── Refused                  an operation that is not carried out
    │   ├── Unauthenticated        401  unauthenticated
    │   ├── Forbidden              403  forbidden
    │   ├── InstanceNotFound       404  not-found
    │   ├── DeliveryNotFound       404  delivery-not-found   (or its body is not kept)
    │   ├── WorkflowNotFound       404  workflow-not-found
    │   ├── KeyNotFound            404  key-not-found
    │   ├── JobNotFound            404  job-not-found
    │   ├── PathNotFound           404  path-not-found   (nothing is served there)
    │   ├── RequestInvalid         400  request-invalid
    │   ├── Conflict               409  conflict         (the instance's status does not allow it)
    │   │   └── IdTaken            409  id-taken
    │   ├── IdempotencyMismatch    422  idempotency-mismatch
    │   ├── PayloadGone            410  payload-gone
    │   ├── RateLimited            429  rate-limited     (+ Retry-After)
    │   ├── NotActive              400  not-active
    │   ├── EngineRefused          400  engine-refused   (this input or definition can never start)
    │   └── NotSupported           501  not-supported
    └── ConfigurationError       at load only: names the file, the key and the mend

``code`` and ``status`` are what a caller sees; ``retryable`` says whether the same request may succeed later. Every
text in ``args[0]`` is public. Responses are https://www.rfc-editor.org/rfc/rfc9457; a dialect has its own grammar.
"""

from __future__ import annotations

from typing import ClassVar


class VerihookError(Exception):
    """The root. ``str(error)`` is public; ``log_words``, what the log adds to the code, is not."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    retryable: ClassVar[bool] = False
    log_words: str = ""


class RecordDamaged(Exception):
    """A row, a document or a payload of ours cannot be read. Not in the tree: it is answered 500, as a defect is."""


class Rejected(VerihookError):
    """A delivery is not accepted; nothing was written."""

    status, title = 400, "Rejected"


class SourceNotFound(Rejected):
    """No source is configured at this path."""

    code, status, title = "source-not-found", 404, "Source not found"


class MethodNotAllowed(Rejected):
    """The path exists, the method does not. ``allow`` is the value of the Allow header."""

    code, status, title = "method-not-allowed", 405, "Method not allowed"

    def __init__(self, detail: str, *, allow: str) -> None:
        super().__init__(detail)
        self.allow = allow


class BodyTooLarge(Rejected):
    """The body is longer than the source's ``max_body``."""

    code, status, title = "body-too-large", 413, "Body too large"


class UnsupportedMediaType(Rejected):
    """A verified body has a form that cannot be read (compressed, multipart)."""

    code, status, title = "unsupported-media-type", 415, "Unsupported media type"


class SignatureError(Rejected):
    """Not proven genuine. The public text never says why; for the log, ``reason`` is a code, ``detail`` the words."""

    code, status, title = "signature", 401, "Signature not accepted"

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__("The delivery could not be verified.")
        self.reason, self.detail = reason, detail


class EventMalformed(Rejected):
    """The body or the fields of a genuine delivery cannot be understood."""

    code, title = "event-malformed", "Event malformed"


class HandshakeRefused(Rejected):
    """The source does not answer this handshake: it is not pairing, is paired already, or has another topic."""

    code, status, title = "handshake-refused", 403, "Handshake refused"


class InputInvalid(Rejected):
    """The event does not satisfy the workflow's JSON Schema. ``violations``: ``[{"path", "pointer", "message"}]``."""

    code, status, title = "input-invalid", 422, "Input invalid"

    def __init__(self, detail: str, *, violations: list[dict[str, object]]) -> None:
        super().__init__(detail)
        self.violations = violations


class Duplicate(Rejected):
    """A redelivery that the source's ``duplicates``, ``changed`` or ``replays`` refuses."""

    code, status, title = "duplicate", 409, "Duplicate event"


class Unavailable(VerihookError):
    """A failure of ours that will pass: the sender should deliver again after ``retry_after`` seconds."""

    code, status, title, retryable = "unavailable", 503, "Temporarily unavailable", True
    retry_after: ClassVar[int] = 5


class NotConfigured(Unavailable):
    """The configuration of a Lambda function does not load: the answer to every request until it is mended."""

    code = "not-configured"


class SecretsUnavailable(Unavailable):
    """A secret store did not answer."""

    code = "secrets-unavailable"


class LedgerUnavailable(Unavailable):
    """The ledger did not answer, or refused for its own reasons (throttled, full, locked)."""

    code = "ledger-unavailable"


class PayloadsUnavailable(Unavailable):
    """The store of large inputs and outputs did not answer."""

    code = "payloads-unavailable"


class EngineUnavailable(Unavailable):
    """The engine was throttled (then ``throttled``), unreachable, or its answer was lost. Asking again is safe."""

    code, throttled = "engine-unavailable", False


class Refused(VerihookError):
    """An operation on an instance, a workflow or a key is not carried out."""

    status, title = 400, "Refused"


class Unauthenticated(Refused):
    """The request has no credentials, or none that are valid."""

    code, status, title = "unauthenticated", 401, "Not authenticated"


class InstanceNotFound(Refused):
    """There is no such instance. A malformed id gets the same answer."""

    code, status, title = "not-found", 404, "Instance not found"


class DeliveryNotFound(Refused):
    """There is no such delivery, or its body is not kept."""

    code, status, title = "delivery-not-found", 404, "Delivery not found"


class PayloadGone(Refused):
    """A large input or output is not kept any more, although a payload should live as long as its instance."""

    code, status, title = "payload-gone", 410, "Payload gone"


class Forbidden(Refused):
    """The caller is known and may not do this."""

    code, status, title = "forbidden", 403, "Forbidden"


class WorkflowNotFound(Refused):
    """No workflow of this name is configured, or it has another version."""

    code, status, title = "workflow-not-found", 404, "Workflow not found"


class KeyNotFound(Refused):
    """There is no API key with this id."""

    code, status, title = "key-not-found", 404, "API key not found"


class JobNotFound(Refused):
    """There is no job with this id, or none that the key may see."""

    code, status, title = "job-not-found", 404, "Job not found"


class PathNotFound(Refused):
    """Nothing is served at this path. Below ``/hooks/`` the error is SourceNotFound."""

    code, status, title = "path-not-found", 404, "Path not found"


class RequestInvalid(Refused):
    """The request cannot be understood; the text names the field and the mend."""

    code, title = "request-invalid", "Request invalid"


class Conflict(Refused):
    """The status of the instance ``instance_id`` does not allow the operation, or that id is taken."""

    code, status, title = "conflict", 409, "Conflict"

    def __init__(self, detail: str, *, instance_id: str | None = None) -> None:
        super().__init__(detail)
        self.instance_id = instance_id


class IdTaken(Conflict):
    """There is an instance with this id already. The text is the same for every caller and status."""

    code, title = "id-taken", "Id taken"

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"The id {instance_id!r} is taken.", instance_id=instance_id)


class IdempotencyMismatch(Refused):
    """The idempotency key was used before, for another request."""

    code, status, title = "idempotency-mismatch", 422, "Idempotency key reused"


class RateLimited(Refused):
    """Too many starts. ``limit``: how many are allowed in a minute; ``retry_after``: in seconds, at least 1."""

    code, status, title, retryable = "rate-limited", 429, "Too many requests", True

    def __init__(self, detail: str, *, limit: int, retry_after: int) -> None:
        super().__init__(detail)
        self.limit, self.retry_after = limit, retry_after


class NotActive(Refused):
    """The workflow is a draft, paused or archived."""

    code, title = "not-active", "Workflow not active"


class EngineRefused(Refused):
    """The engine can never start this: it does not accept the input or the definition."""

    code, title = "engine-refused", "Engine refused"


class NotSupported(Refused):
    """This engine cannot do this operation, or this machine cannot run the workflow."""

    code, status, title = "not-supported", 501, "Not supported"


class ConfigurationError(VerihookError):
    """The configuration is wrong. The text is ``FILE: KEY: what is wrong, and the mend``. Raised at load only."""

    code, title = "configuration", "Configuration error"

    def __init__(self, file: str, key: str, mend: str) -> None:
        super().__init__(f"{file}: {key}: {mend}" if key else f"{file}: {mend}")
        self.file, self.key = file, key
