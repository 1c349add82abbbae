"""The Lambda entry points, and nothing else. What each needs is imported when it is first used.

=========== ================================================ =======================
entry       invoked by                                       imports a framework
=========== ================================================ =======================
receive     function URL (or HTTP API, REST API, ALB)        no
api         the same                                         FastAPI through Mangum
record      EventBridge, when an execution changes status    no
reconcile   EventBridge Scheduler, every minute              no
feed        SQS, SNS, EventBridge; tasks of state machines   no
work        DynamoDB Streams                                 no
=========== ================================================ =======================
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from verihook import bootstrap, settings
from verihook.errors import VerihookError
from verihook.receive import is_hook, refuse
from verihook.receive import receive as answer
from verihook.request import Reply, Request, from_lambda, to_lambda

if TYPE_CHECKING:
    from collections.abc import Callable

    from verihook.functions import Functions
    from verihook.ports import Services

    Handler = Callable[[Any, Any], Any]


@cache
def services() -> Services:
    """The services of this execution environment. A configuration error ends the start of the function, in words."""
    return bootstrap.on_aws()


def receive(event: Any, context: Any) -> dict[str, Any]:
    """A delivery, or a read of a status."""
    return _over_http(lambda request: answer(request, services()), event, context)


def api(event: Any, context: Any) -> dict[str, Any]:
    """Everything that the app serves; deliveries and reads of a status just as the receiver does."""

    def serve(request: Request) -> Reply:
        if is_hook(request.path):
            return answer(request, services())
        return _app()(request, event, context)

    return _over_http(serve, event, context)


def _over_http(serve: Callable[[Request], Reply], event: Any, context: Any) -> dict[str, Any]:
    """Every HTTP shape in and out, as the one rule of both entry points has it."""
    request_id = getattr(context, "aws_request_id", "")
    try:
        request = from_lambda(event, _base_path(), request_id)
    except VerihookError as error:
        return to_lambda(refuse(error, request_id, services()), event)
    return to_lambda(serve(request), event, request.base)


def record(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An execution has changed its status: writes what became of the instance.

    "Step Functions Execution Status Change" or "Durable Execution Status Change". An event that is not of ours is left
    alone. Unavailable is raised, so that Lambda tries again.
    """
    from verihook.recorder import record as write

    return {"recorded": write(event, services())}


def reconcile(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Rounds of repairs, and of callbacks, until nothing is due or the time is over."""
    from dataclasses import asdict

    from verihook.reconcile import call_back
    from verihook.reconcile import reconcile as repair

    try:
        repairs = repair(services(), left=context.get_remaining_time_in_millis)
    finally:
        # Whatever became of the repairs.
        callbacks = call_back(services(), left=context.get_remaining_time_in_millis)
    return {"repairs": asdict(repairs), "callbacks": asdict(callbacks)}


def feed(event: dict[str, Any], context: Any) -> Any:
    """Events of queues, topics and buses; gates, waits and large inputs of state machines."""
    from verihook.feeds import handle

    return handle(event, services(), context.get_remaining_time_in_millis)


def work(event: dict[str, Any], context: Any) -> Any:
    """Instances of the engine ``function``: runs the operator's code, and so never has the instance key."""
    from verihook.work import batch

    return batch(event, _functions(), services(), context.get_remaining_time_in_millis)


@cache
def _functions() -> Functions:
    from verihook.functions import Functions

    return Functions.load(settings.DEFAULT_WORKFLOWS, services().workflows)


@cache
def _base_path() -> str:
    return settings.base_path(settings.environment())


@cache
def _app() -> Callable[[Request, Any, Any], Reply]:
    """The app, which Mangum runs: for each request and its event the reply."""
    from mangum import Mangum

    from verihook.api.access import Access
    from verihook.api.on_lambda import RequestHandler
    from verihook.app import create_app

    app = create_app(services(), Access(services()), local=False)
    handler: Any = RequestHandler  # of Mangum's protocol but for its event and its answer, which are our own
    mangum: Any = Mangum(app, lifespan="off", custom_handlers=[handler])
    return lambda request, event, context: mangum((request, event), context)
