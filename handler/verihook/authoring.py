"""What a Python workflow may use: its instance, its input, events, and connections. Everything else is plain Python.

    order = read_input(event)                                   # even if it was too large for the event
    instance_id, attempt = instance_of(context)
    approval = wait_for_event(context, "approved", 86_400)      # raises EventTimeout
    payment = wait_for_webhook(context, "payments", send, 900)  # send(address) gives it to who delivers there
    billing = connection("billing")                             # url and headers, with credentials
    chosen = connection_of(context)                             # the connection that the start chose, or None
    facts = delivery_of(context)                                # source, type and id of the event, headers

And an entry (docs/entries.md): it is called with an EntryRequest and returns Start, Ignore or Reply.

How to write one: docs/workflows/durable.md.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verihook.adapters.engines import durable_names
from verihook.errors import NotSupported, RequestInvalid
from verihook.model.delivery import EventFacts
from verihook.model.entry import EntryEvent, EntryRequest, Ignore, Reply, Start  # noqa: F401  # for entries
from verihook.model.resumption import ADDRESS_STEP
from verihook.records import asdict
from verihook.strict_json import parse_json

if TYPE_CHECKING:
    from verihook.model.ports import Services

#: The longest that a durable function waits for an event, in seconds: as long as it may run, 366 days.
#: https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html
LONGEST_WAIT = 31_622_400


class EventTimeout(TimeoutError):
    """The event was not raised in time. ``name``: the event's name; ``seconds``: how long the wait was."""

    def __init__(self, name: str, seconds: int) -> None:
        super().__init__(f"The event {name!r} did not come within {seconds} seconds.")
        self.name = name
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to call a connection's service. ``headers`` hold its credentials: neither log nor return them."""

    url: str
    headers: dict[str, str] = field(repr=False)


_lock = threading.Lock()
_services: Services | None = None


def use(services: Services) -> None:
    """Give the workflows of this process their services. Called once, by the code that runs them."""
    global _services  # noqa: PLW0603  # a workflow gets an event and a context alone, so its services are kept here
    _services = services


def instance_of(context: Any) -> tuple[str, int]:
    """Return the id of the instance that runs, and its attempt (1, then 2 after a restart, and so on).

    ``context``: the DurableContext, or the context of a function workflow. Make idempotency keys from the id: a step
    may run more than once, with the same id each time. Raises ValueError if Verihook did not start this run.
    """
    name = _execution_name(context)
    parsed = _of_function(context) if name is None else durable_names.instance_of(name, lambda: _input(context))
    if parsed is None:
        raise ValueError("This run was not started by Verihook: it is of no instance.")
    return parsed


def connection_of(context: Any) -> str | None:
    """Return the name of the connection that the start chose, or None if it chose none.

    It is one of the workflow's ``connections`` in hooks.toml. A restart keeps the choice, and no input can make it.
    ``context``: as for :func:`instance_of`.
    """
    name = _execution_name(context)
    if name is not None:
        return durable_names.connection_of(name, _input(context))
    chosen = getattr(context, "connection", None)
    return chosen if isinstance(chosen, str) else None


def delivery_of(context: Any) -> EventFacts:
    """Return what came beside the input: source, type and id of the event, and the headers that are passed on.

    ``context``: as for :func:`instance_of`. A durable function reads it in a step, once. If no source started the
    instance, it is None but for the header ``traceparent`` of the call that did, if that had one.
    """
    name = _execution_name(context)
    if name is None:
        if getattr(context, "source", None) is None:
            return EventFacts(headers=getattr(context, "headers", {}))
        return EventFacts(context.source, context.event_type, context.event_id, context.headers)
    instance_id, attempt = instance_of(context)
    execution = context.execution_context.durable_execution_arn

    def read(_step: Any) -> dict[str, Any]:
        from verihook import instances

        return asdict(instances.facts_of(instance_id, attempt, _services_in_use(), execution))

    return EventFacts(**context.step(read, name="Read the delivery"))


def read_input(event: Any) -> Any:
    """Return the input of the instance: ``event``, or the payload that ``event`` refers to if the input was too large.

    Raises EventMalformed if the payload is gone, PayloadsUnavailable if its store fails. Do not catch the latter: then
    the run is tried again.
    """
    from verihook.instances import payload

    content = durable_names.without_instance(event)
    if not isinstance(content, dict) or payload.MEMBER not in content:
        return content
    text = json.dumps(content, separators=(",", ":"))
    if payload.key_of(text) is None:
        return content
    return parse_json(payload.load(text, _services_in_use().payloads), "The payload")


def wait_for_event(context: Any, name: str, timeout: int = LONGEST_WAIT, shows: Any = None) -> Any:
    """Wait until the event ``name`` is raised for this instance, and return the event's payload.

    An event that was raised before is returned at once; several of one name are returned in the order in which they
    were raised. Nothing runs and nothing is paid for during the wait. ``timeout``: in seconds, 1 to LONGEST_WAIT.
    ``shows``: JSON of at most 4,096 bytes that lists of open waits show to who decides.
    Raises EventTimeout; ValueError for a ``timeout`` or ``shows`` that cannot be; NotSupported in a function workflow.
    """
    _check_wait(context, timeout)
    from verihook.instances import open_waits

    try:
        open_waits.check_shows(shows)
    except RequestInvalid as error:
        raise ValueError(str(error)) from None
    return _wait(context, name, name, timeout, timeout, shows=shows)


def wait_for_webhook(context: Any, source: str, send: Callable[[str], object], timeout: int = LONGEST_WAIT) -> Any:
    """Wait for a webhook of the source at an address of its own, and return the body of the first that is genuine.

    ``send(address)`` runs in a step: give the address to the service that delivers there. It is
    ``/hooks/SOURCE?wait=...``, or with the source's ``public_url`` a whole URL; it is used once, and not after the end
    of the wait. ``timeout`` and what is raised: as for :func:`wait_for_event`; ValueError, too, if the source is not
    there or has not ``waits = true``.
    """
    _check_wait(context, timeout)
    found = _services_in_use().sources.get(source)
    if found is None or not found.waits:
        raise ValueError(f"hooks.toml has no [sources.{source}] with waits = true")
    from verihook.instances import addresses

    instance_id, attempt = instance_of(context)

    def make(_step: Any) -> list[Any]:
        return [secrets.token_hex(addresses.TOKEN_BYTES), int(time.time()) + timeout]

    token, until = context.step(make, name=f"{ADDRESS_STEP}{source}")
    address = addresses.path_of(source, instance_id, attempt, token)
    if found.public_url:
        query = address.partition("?")[2]
        address = f"{found.public_url}{'&' if '?' in found.public_url else '?'}{query}"

    def give(_step: Any) -> None:
        # Its result is not kept: it may have the address in it.
        send(address)

    return _wait(
        context,
        f"webhook of {source}",
        addresses.wait_name(source, until, token),
        timeout,
        # What is left of the time if the process died before the wait began: the address ends with it.
        max(1, min(timeout, until - int(time.time()))),
        lambda: context.step(give, name=f"Give out an address of {source}"),
    )


def _check_wait(context: Any, timeout: int) -> None:
    if not hasattr(context, "create_callback"):
        raise NotSupported("The engine 'function' waits for no events; write a durable workflow.")
    if not 1 <= timeout <= LONGEST_WAIT:
        raise ValueError(f"timeout is {timeout}: give 1 to {LONGEST_WAIT} seconds")


def _wait(
    context: Any,
    title: str,
    wait_name: str,
    timeout: int,
    left: int,
    then: Callable[[], object] = lambda: None,
    shows: Any = None,
) -> Any:
    """Note the wait, do ``then``, and return what comes. ``title``: how steps and errors name it.

    ``left``: for how long it waits, in seconds, if its first call begins now: of the ``timeout`` that errors name.
    ``shows``: JSON for who decides.
    """
    from aws_durable_execution_sdk_python import CallbackTimeoutError
    from aws_durable_execution_sdk_python.config import CallbackConfig, Duration

    instance_id, attempt = instance_of(context)
    callback = context.create_callback(name=title, config=CallbackConfig(timeout=Duration.from_seconds(left)))
    token = callback.callback_id

    def register(_step: Any) -> None:
        from verihook import instances
        from verihook.instances import open_waits

        # This step may run again after a crash; the mailbox recognises the token.
        execution = context.execution_context.durable_execution_arn
        notice = open_waits.Notice(left, shows)
        instances.await_event(instance_id, attempt, wait_name, token, _services_in_use(), execution, notice)

    context.step(register, name=f"Wait for {title}"[:256])
    then()
    try:
        answer = callback.result()
    except CallbackTimeoutError:
        raise EventTimeout(title, timeout) from None
    return parse_json(answer or "null", f"The event {title!r}")


def connection(name: str) -> Endpoint:
    """Return the URL and the headers of ``[connections.NAME]``.

    Call this inside the step that calls the service, so that no checkpoint holds a secret.
    Raises KeyError, with a message, if the name is not configured or the secret is missing; SecretsUnavailable.
    """
    services = _services_in_use()
    if name not in services.connections:
        raise KeyError(f"hooks.toml has no [connections.{name}]")
    found = services.connections[name]
    if not found.secret:
        return Endpoint(found.url, {})
    if services.secrets is None:
        raise KeyError(f"[connections.{name}] has a secret, and this process is given none")
    value = services.secrets.resolve(found.secret)[0]
    return Endpoint(found.url, {found.header: found.prefix + value})


def _execution_name(context: Any) -> str | None:
    """Return the name of the durable execution; None for the context of a function workflow."""
    state = getattr(context, "execution_context", None)
    if state is None:
        return None
    parts = state.durable_execution_arn.split("/")
    return parts[-2] if len(parts) >= 3 else ""


def _input(context: Any) -> Any:
    return parse_json(context.state.get_input_payload() or "null", "The input")


def _of_function(context: Any) -> tuple[str, int] | None:
    id, attempt = getattr(context, "instance_id", None), getattr(context, "attempt", None)
    return (id, attempt) if isinstance(id, str) and isinstance(attempt, int) else None


def _services_in_use() -> Services:
    """Return the services given to :func:`use`; else those of this Lambda function, made by the first call."""
    if _services is not None:
        return _services
    with _lock:
        if _services is None:
            use(_on_aws())
    return _services_in_use()


def _on_aws() -> Services:
    from verihook import bootstrap

    return bootstrap.on_aws()
