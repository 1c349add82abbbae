"""The entries of sources in AWS: a Lambda function that has the operator's code and no rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.errors import ConfigurationError
from verihook.model import deadline
from verihook.model.ports import Entries, EntryFailed, EntryTimeout, NoEntries, Telemetry
from verihook.strict_json import parse

#: Invoked once: the sender repeats, and another call would take as long again. In seconds; the deadline gives less.
PATIENCE: dict[str, Any] = {"read_timeout": 3, "attempts": 1}

#: How much is noted of what a function says that did not run, in characters.
_MAX_WORDS = 300


def entries_of(function: str, client: Callable[..., Any], telemetry: Telemetry) -> Entries:
    """Return the entries of a deployment. ``function``: its name; if it is "", that is reported, and none can run."""
    if function:
        return EntryFunction(client("lambda", **PATIENCE), function)
    mend = "sources have an entry, and no function runs them: deploy with the parameter WithEntries=yes"
    telemetry.failure("start", ConfigurationError("hooks.toml", "entry", mend))
    return NoEntries()


class EntryFunction:
    """The Entries port. ``client``: of the service Lambda, with boto3's names."""

    def __init__(self, client: Any, function: str) -> None:
        self._client, self._function = client, function

    def ask(self, call: bytes, seconds: float) -> bytes:
        """See :class:`~verihook.model.ports.Entries`."""
        with deadline.at_most(int(seconds * 1000)):
            try:
                answer = self._client.invoke(FunctionName=self._function, Payload=call)
            except ServiceError as error:
                raise EntryFailed(f"Lambda did not run it: {error.code}") from error
            except AwsError as error:
                if deadline.left_s() == 0:
                    raise EntryTimeout(f"it did not return within {seconds:.2f} seconds") from error
                raise EntryFailed("Lambda did not answer") from error
        payload = answer["Payload"]
        content = payload if isinstance(payload, bytes) else payload.read()
        if "FunctionError" in answer:
            raise EntryFailed(f"its function ended: {_message(content)}")
        return bytes(content)


def _message(content: bytes) -> str:
    """Return what Lambda says of a function that ended, such as that it was out of memory or of time."""
    try:
        said = parse(content)
        return str(said["errorMessage"])[:_MAX_WORDS]
    except (ValueError, LookupError, TypeError):
        return "Lambda does not say why"
