"""The Lambda entry points, and nothing else. What each needs is imported when it is first used.

=========== ================================================ =======================
entry       invoked by                                       imports a framework
=========== ================================================ =======================
receive     function URL (or HTTP API, REST API, ALB)        no
api         the same                                         FastAPI through Mangum
record      EventBridge, when an execution changes status    no
reconcile   EventBridge Scheduler, every minute              no
=========== ================================================ =======================
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from verihook import bootstrap
from verihook.errors import VerihookError
from verihook.receive import receive as answer
from verihook.receive import refuse
from verihook.request import from_lambda, to_lambda

if TYPE_CHECKING:
    from collections.abc import Callable

    from verihook.ports import Services

    Handler = Callable[[Any, Any], Any]


@cache
def services() -> Services:
    """The services of this execution environment. A configuration error ends the start of the function, in words."""
    return bootstrap.on_aws()


def receive(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A delivery, or a read of a status."""
    try:
        request = from_lambda(event)
    except VerihookError as error:
        return to_lambda(refuse(error, getattr(context, "aws_request_id", ""), services()))
    return to_lambda(answer(request, services()))


def api(event: dict[str, Any], context: Any) -> Any:
    """Everything that the app serves."""
    return _mangum()(event, context)


def record(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A "Step Functions Execution Status Change" event: writes what became of the instance.

    An event that is not of ours is left alone. Unavailable is raised, so that Lambda tries again.
    """
    from verihook import manage
    from verihook.engines.stepfunctions import progress_of
    from verihook.instance import parse_execution_name

    detail = event["detail"]
    name = parse_execution_name(detail["name"])
    if name is None:
        return {"recorded": False}
    instance_id, attempt = name
    progress = progress_of(detail)
    if progress.status == "completed" and progress.output is None:
        # EventBridge leaves an output out that would make its event too large.
        engine = services().engines["stepfunctions"]
        progress = engine.describe(detail["stateMachineArn"], detail["name"]) or progress
    return {"recorded": manage.record(instance_id, attempt, progress, detail["startDate"], services())}


def reconcile(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One round of repairs."""
    from dataclasses import asdict

    from verihook.reconcile import reconcile as repair

    return asdict(repair(services()))


@cache
def _mangum() -> Handler:
    from mangum import Mangum
    from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

    from verihook.api import signed_with_iam
    from verihook.app import create_app

    # Without its type, a problem would go out as base64.
    text = [*DEFAULT_TEXT_MIME_TYPES, "application/problem+json"]
    return Mangum(create_app(services(), signed_with_iam), lifespan="off", text_mime_types=text)
