"""One service of AWS: sign a call, send it, try again if that is safe, tell errors apart.

It does what botocore does for the calls that a webhook waits for, and loads in a hundredth of the time. Names of
operations, parameters and answers are boto3's, so that an adapter need not know which client it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from verihook import __version__
from verihook.adapters.aws.connection import Answer, BrokenAnswer, Pool
from verihook.adapters.aws.credentials import Credentials
from verihook.adapters.aws.errors import AwsError, ServiceError, Unreachable
from verihook.adapters.aws.signature import Keys, Request, Signer, encode, query_text
from verihook.model import deadline

#: Codes of a service that has too much to do, whatever the status: botocore's standard mode tries again after these.
#: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_BUSY = frozenset(
    {
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_TRANSIENT = frozenset({500, 502, 503, 504})

#: The pause before a busy service is asked again, in seconds; a little more is added each time, so that callers that
#: were refused together do not come again together.
_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Call:
    """A request to send: its path is percent-encoded, its query is not; header names are in lower case.

    ``repeatable``: to send it twice does no harm, or the caller can tell from ``ServiceError.retried``.
    """

    method: str = "POST"
    path: str = "/"
    headers: Mapping[str, str] | None = None
    body: bytes = b""
    query: Sequence[tuple[str, str]] = ()
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a try may take, and how many tries a call has. With a deadline, a try takes no more than is left."""

    timeout_s: float = 3.0
    attempts: int = 2


class Service:
    """Sends calls to one endpoint. ``host``: as the Host header has it; ``base``: a path before every path.

    ``trace``: returns the value of the trace header, "" for none.
    """

    def __init__(
        self,
        signer: Signer,
        credentials: Credentials,
        pool: Pool,
        *,
        host: str,
        base: str,
        patience: Patience,
        trace: Callable[[], str],
    ) -> None:
        self._trace = trace
        self._signer, self._credentials, self._pool = signer, credentials, pool
        self._host, self._base, self._patience = host, base, patience

    def send(self, call: Call, error_of: Callable[[Answer, bool], ServiceError]) -> Answer:
        """Return an answer of a status below 300. Raises Unreachable, and what ``error_of(answer, retried)`` makes."""
        attempts = self._patience.attempts if call.repeatable else 1
        failure: AwsError = Unreachable("The time of this request is over.")
        for attempt in range(attempts):
            try:
                answer = self._try(call, last=attempt + 1 == attempts)
            except OSError as error:
                failure = Unreachable(f"{self._host} did not answer: {error}")
                failure.__cause__ = error
            else:
                if answer.status < 300:
                    return answer
                failure = error_of(answer, attempt > 0)
                if failure.code not in _BUSY and answer.status not in _TRANSIENT:
                    break
            if attempt + 1 < attempts and not _pause(failure, attempt):
                break
        try:
            raise failure
        finally:
            # Otherwise the error would hold this frame, which holds the error, and so the connections would stay.
            del failure

    def _try(self, call: Call, *, last: bool) -> Answer:
        """One try. Raises OSError."""
        keys = self._credentials.keys()
        left = deadline.left_s()
        whole = self._patience.timeout_s if left is None else min(left, self._patience.timeout_s)
        until = time.monotonic() + whole
        connection = self._pool.idle()
        # A kept connection may have died without a sign; half of the time is left for a new one.
        answer_by = until if connection is None or last else until - whole / 2
        if connection is None:
            connection = self._pool.connect(until)
        try:
            return self._checked(connection.exchange(self._request_bytes(call, keys), answer_by))
        except OSError:
            # The other kept connections are probably dead, too.
            self._pool.clear()
            raise
        finally:
            self._pool.release(connection)

    def _request_bytes(self, call: Call, keys: Keys) -> bytes:
        """Return the signed request as it is sent."""
        headers = {"host": self._host, **(call.headers or {}), "content-length": str(len(call.body))}
        request = Request(call.method, self._base + call.path, headers, call.body, call.query)
        signed = self._signer.sign(request, keys, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
        signed["user-agent"] = f"verihook/{__version__}"
        if trace := self._trace():
            signed["x-amzn-trace-id"] = trace
        lines = [f"{name}: {value}" for name, value in signed.items()]
        if any("\r" in line or "\n" in line for line in lines):
            raise ServiceError("ValidationException", "a header must not have a line break")
        query = query_text([(encode(name), encode(value)) for name, value in call.query])
        target = request.path + (f"?{query}" if query else "")
        return "\r\n".join([f"{call.method} {target} HTTP/1.1", *lines, "", ""]).encode("latin-1") + call.body

    @staticmethod
    def _checked(answer: Answer) -> Answer:
        """Return the answer. Raises BrokenAnswer if its body has another checksum than the one DynamoDB sent along."""
        checksum = answer.headers.get("x-amz-crc32")
        if checksum is not None and "content-encoding" not in answer.headers:
            import zlib

            if str(zlib.crc32(answer.body)) != checksum:
                raise BrokenAnswer("the answer has another checksum than it says")
        return answer


def _pause(failure: AwsError, attempt: int) -> bool:
    """Wait before the next try. Return False if the deadline leaves no time for that."""
    left = deadline.left_s()
    if isinstance(failure, Unreachable):
        return left is None or left > 0
    # The last digits of the clock serve as a random number.
    pause = _PAUSE_S * (attempt + 1) + time.perf_counter_ns() % 50_000 / 1_000_000
    if left is not None and left <= pause:
        return False
    time.sleep(pause)
    return True
