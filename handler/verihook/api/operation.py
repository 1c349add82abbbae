"""An operation of the native API: a handler that describes itself, and the row that says how it is reached.

A handler takes what all of them share (:class:`Api`) first, and then what FastAPI reads from the request::

    @operation("events", "Events and waits", {200: {"model": Entries}, **problems(404)})
    async def list_events(api: Api, instance_id: InstanceId, caller: Caller) -> Response: ...

    Operation("GET", "/v1/instances/{instanceId}/events", "instances:read", events.list_events)

The row, in :mod:`verihook.api.operations`, is all that the app, OpenAPI and the matrix of who may call what need.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from fastapi import Request, Response, params
from pydantic import BaseModel

from verihook.api.access import Access
from verihook.api.health import Health
from verihook.api.openapi_problems import Responses
from verihook.api.parameters import camel
from verihook.api.rendering import check_query, unless_known
from verihook.api.routes import Guarded, Need
from verihook.model.ports import Services

Handler = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Api:
    """What the handlers of one app share. ``longest_wait_s``: how long an answer may wait for an instance's end.

    ``local``: the app runs on one machine, and not in AWS. ``console``: it serves the page at ``/console/``, too.
    """

    services: Services
    access: Access
    health: Health
    longest_wait_s: int
    local: bool = False
    console: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """A handler with what OpenAPI tells of it: ``options`` are those of a FastAPI route.

    ``query_prefix``: any query parameter that begins with it is taken. ``any_query``: every other one is, too.
    """

    handler: Handler
    options: Mapping[str, Any] = field(default_factory=dict)
    query_prefix: str = ""
    any_query: bool = False


def operation(
    tag: str,
    summary: str,
    responses: Responses,
    *,
    query_prefix: str = "",
    any_query: bool = False,
    **options: Any,
) -> Callable[[Handler], Described]:
    """Describe a handler. Its name is the operation's (``list_events``: ``listEvents``), its docstring explains it.

    A query parameter that is not in its signature is refused; see :class:`Described` for the exceptions.
    """

    def describe(handler: Handler) -> Described:
        described = {"tags": [tag], "summary": summary, "responses": responses, "operation_id": camel(handler.__name__)}
        return Described(handler, described | options, query_prefix, any_query)

    return describe


@dataclass(frozen=True, slots=True)
class Operation:
    """A row: how a handler is reached, and which scope that needs; None for an operation that is open to everybody.

    ``local``: on one machine alone.
    """

    method: str
    path: str
    scope: Need
    described: Described
    local: bool = False

    @property
    def row(self) -> str:
        """``METHOD /path``, as in the table of scopes."""
        return f"{self.method} {self.path}"

    def add_to(self, router: Guarded, api: Api) -> None:
        """Add the route."""
        endpoint = _endpoint(self.described, api)
        router.add_api_route(self.path, endpoint, methods=[self.method], **self.described.options)


def _endpoint(described: Described, api: Api) -> Handler:
    """The handler as FastAPI calls it: without ``api``, and with the check of the query parameters before it."""
    handler = described.handler
    # Evaluated here: FastAPI would look the names up in this module.
    _, *own = inspect.signature(handler, eval_str=True).parameters.values()
    known, wants_request = [*_query_names(own)], any(each.name == "request" for each in own)

    async def endpoint(request: Request, **given: Any) -> Response:
        if not described.any_query:
            check_query(request, *known, prefix=described.query_prefix)
        return unless_known(request, await handler(api, **given, **({"request": request} if wants_request else {})))

    request = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    taken = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own if each.name != "request"]
    endpoint.__signature__ = inspect.Signature([request, *taken])  # type: ignore[attr-defined]  # a function has room for it
    endpoint.__name__, endpoint.__doc__ = handler.__name__, handler.__doc__
    return endpoint


def _query_names(parameters: Iterable[inspect.Parameter]) -> Iterator[str]:
    for parameter in parameters:
        kind, *notes = get_args(parameter.annotation) or (parameter.annotation,)
        for note in notes:
            if isinstance(note, params.Query):
                one = not (inspect.isclass(kind) and issubclass(kind, BaseModel))
                if one:
                    yield note.alias or parameter.name
                else:
                    yield from (each.alias or name for name, each in kind.model_fields.items())
