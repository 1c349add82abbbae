"""What a Python workflow may use: its instance, its input, events, and connections. Everything else is plain Python.

    order = read_input(event)                                   # also one that was too large to be handed over
    instance_id, attempt = instance_of(context)
    approval = wait_for_event(context, "approved", 86_400)      # raises EventTimeout
    billing = connection("billing")                             # url and headers, with credentials
    chosen = connection_of(context)                             # the name of the one that the start chose, or None

How to write one: docs/workflows/durable.md.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verihook.adapters.engines import durable_names
from verihook.errors import NotSupported
from verihook.strict_json import parse_json

if TYPE_CHECKING:
    from verihook.model.ports import Services

#: The longest that a durable function waits for an event, in seconds: as long as it may run, 366 days.
#: https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html
LONGEST_WAIT = 31_622_400


class EventTimeout(TimeoutError):
    """The event was not raised in time. ``name``: of the event; ``seconds``: how long the wait was."""

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
    global _services  # noqa: PLW0603  # a workflow is a function of its event: there is nowhere else to hand it in
    _services = services


def instance_of(context: Any) -> tuple[str, int]:
    """The instance id and the attempt (1, then 2 after a restart ...) that this run is of.

    ``context``: the DurableContext, or what a function workflow is given. Make idempotency keys of it: a step may run
    more than once, and the id is the same each time. Raises ValueError if the run is of no instance.
    """
    name = _execution_name(context)
    parsed = _of_function(context) if name is None else durable_names.instance_of(name, lambda: _input(context))
    if parsed is None:
        raise ValueError("This run was not started by Verihook: it is of no instance.")
    return parsed


def connection_of(context: Any) -> str | None:
    """The name of the connection that the start chose, one of the workflow's ``connections`` in hooks.toml, or None.

    ``context`` as for :func:`instance_of`. A restart keeps it, and no input can set it.
    """
    name = _execution_name(context)
    if name is not None:
        return durable_names.connection_of(name, _input(context))
    chosen = getattr(context, "connection", None)
    return chosen if isinstance(chosen, str) else None


def read_input(event: Any) -> Any:
    """What the instance was started with: ``event``, or the payload that it refers to if it was too large to hand over.

    Raises EventMalformed if the payload is gone, PayloadsUnavailable if its store fails: let it through, and the run is
    tried again.
    """
    from verihook.instances import payload

    content = durable_names.without_instance(event)
    if not isinstance(content, dict) or payload.MEMBER not in content:
        return content
    text = json.dumps(content, separators=(",", ":"))
    if payload.key_of(text) is None:
        return content
    return parse_json(payload.load(text, _services_in_use().payloads), "The payload")


def wait_for_event(context: Any, name: str, timeout: int = LONGEST_WAIT) -> Any:
    """Wait until the event ``name`` is raised for this instance, if it has not been yet, and return its payload.

    Nothing runs and nothing is paid for while it waits. ``timeout`` in seconds, 1 to LONGEST_WAIT. Waits for one name
    take its events in the order in which they were raised.
    Raises EventTimeout, ValueError for a timeout that cannot be, NotSupported in a function workflow.
    """
    if not hasattr(context, "create_callback"):
        raise NotSupported("The engine 'function' waits for no events; write a durable workflow.")
    if not 1 <= timeout <= LONGEST_WAIT:
        raise ValueError(f"timeout is {timeout}: give 1 to {LONGEST_WAIT} seconds")
    from aws_durable_execution_sdk_python import CallbackTimeoutError
    from aws_durable_execution_sdk_python.config import CallbackConfig, Duration

    instance_id, attempt = instance_of(context)
    callback = context.create_callback(name=name, config=CallbackConfig(timeout=Duration.from_seconds(timeout)))
    token = callback.callback_id

    def register(_step: Any) -> None:
        from verihook import instances

        # Repeated after a crash: the mailbox knows the token.
        execution = context.execution_context.durable_execution_arn
        instances.await_event(instance_id, attempt, name, token, _services_in_use(), execution)

    context.step(register, name=f"Wait for {name}"[:256])
    try:
        answer = callback.result()
    except CallbackTimeoutError:
        raise EventTimeout(name, timeout) from None
    return parse_json(answer or "null", f"The event {name!r}")


def connection(name: str) -> Endpoint:
    """URL and headers of ``[connections.NAME]``. Read it within the step that calls: then no checkpoint holds a secret.

    Raises KeyError, in words, for a name that is not configured or a secret that is missing, SecretsUnavailable.
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
    """The name of a durable execution; None for the context of a function workflow."""
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
    """The services: those of :func:`use`, else those of this Lambda function, made at the first need."""
    if _services is not None:
        return _services
    with _lock:
        if _services is None:
            use(_on_aws())
    return _services_in_use()


def _on_aws() -> Services:
    from verihook import bootstrap

    return bootstrap.on_aws()
