"""The Lambda entry points, and nothing else.

What an entry needs is made when this module is imported, if Lambda's environment names that entry; else when the
entry is first called.

=========== ================================================ =======================
entry       invoked by                                       framework it imports
=========== ================================================ =======================
receive     function URL (or HTTP API, REST API, ALB)        no
api         the same                                         FastAPI through Mangum
record      EventBridge, when an execution changes status    no
reconcile   EventBridge Scheduler, every minute              no
feed        SQS, SNS, EventBridge; tasks; DynamoDB Streams   no
work        DynamoDB Streams                                 no
=========== ================================================ =======================
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from verihook import bootstrap
from verihook.adapters.clock import SystemClock
from verihook.config import settings
from verihook.errors import VerihookError
from verihook.parts import Part, make_all, public_error
from verihook.records import replace
from verihook.request import Reply, Request, from_lambda, to_lambda
from verihook.webhooks.receive import answer_unready, is_hook, is_routed, refuse_request
from verihook.webhooks.receive import receive as answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from verihook.model.front import Arrival
    from verihook.model.ports import Services
    from verihook.webhooks.front import Front
    from verihook.webhooks.welcome import Beside
    from verihook.worker.functions import Functions


def receive(event: Any, context: Any) -> dict[str, Any]:
    """Answer a delivery, or a request for the status of an instance."""
    return _over_http(
        (services, _front), lambda request, arrival: answer(request, services(), arrival=arrival), event, context
    )


def api(event: Any, context: Any) -> dict[str, Any]:
    """Answer every request that the app serves. Deliveries and requests for a status are answered as `receive` does."""

    def serve(request: Request, arrival: Arrival | None) -> Reply:
        if is_hook(request.path) or (arrival is not None and is_routed(request, arrival, services())):
            beside: Beside = "console" if settings.with_console(settings.environment()) else "api"
            return answer(request, services(), beside=beside, arrival=arrival)
        return _app()(request, event, context)

    return _over_http((services, _front, _app), serve, event, context)


def _over_http(
    parts: tuple[Part[Any], ...], serve: Callable[[Request, Arrival | None], Reply], event: Any, context: Any
) -> dict[str, Any]:
    """Answer an HTTP event of any shape, in the same way for both entry points.

    ``parts``: what has to be made before ``serve`` can answer. If one cannot be made, every request is answered 503.
    """
    request_id = getattr(context, "aws_request_id", "")
    try:
        for part in parts:
            part()
    except Exception as error:  # noqa: BLE001  # the Part has reported it; every request is answered with it
        return to_lambda(answer_unready(public_error(error), request_id, bootstrap.telemetry(), SystemClock()), event)
    (base_path, front), arrival = _front(), None
    try:
        if front is None:
            request = from_lambda(event, base_path, request_id)
        else:
            request, arrival = front.take(event, base_path, request_id, SystemClock().now_ms() // 1000)
    except VerihookError as error:
        return to_lambda(refuse_request(error, request_id, services()), event)
    return to_lambda(serve(request, arrival), event, request.base)


def record(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Write to the ledger that an execution has changed its status.

    ``event``: "Step Functions Execution Status Change" or "Durable Execution Status Change". An execution that
    Verihook did not start is ignored. Raises Unavailable, so that Lambda calls again.
    """
    from verihook.worker.recorder import record_status_change as write

    return {"recorded": write(event, services())}


def reconcile(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Repair instances, send callbacks and drive jobs, in rounds until nothing is due or the time is over."""
    from time import sleep

    from verihook.instances.job_rounds import JobRounds
    from verihook.instances.measuring import measure_callbacks, measure_repairs
    from verihook.instances.reconcile import call_back
    from verihook.instances.reconcile import reconcile as repair
    from verihook.instances.start_rate import StartRate, Starts

    ports, remaining_ms = services(), context.get_remaining_time_in_millis

    def wait(milliseconds: float) -> None:
        sleep(milliseconds / 1000)

    try:
        repairs = repair(ports, remaining_ms=remaining_ms, starts=Starts(StartRate(ports.clock, wait)))
        measure_repairs(repairs, ports.sources, ports)
    finally:
        # Callbacks are sent even if the repairs have failed, and jobs go on even if callbacks cannot be sent.
        try:
            callbacks = call_back(ports, remaining_ms=remaining_ms)
            measure_callbacks(callbacks, ports)
        finally:
            acted = JobRounds().run(ports, remaining_ms, wait)
    return {"repairs": repairs.public(), "callbacks": callbacks.public(), "jobs": {"acted": acted}}


def feed(event: dict[str, Any], context: Any) -> Any:
    """Take the events of queues, topics and buses; answer the gates, waits and large inputs of state machines.

    Start the events of deliveries that carry several: the table's stream brings those.
    """
    from verihook.webhooks.feeds import handle
    from verihook.worker.stream import is_of_stream

    if is_of_stream(event):
        from verihook.worker.splitting import split_records

        return split_records(event["Records"], services(), context.get_remaining_time_in_millis)
    return handle(event, services(), context.get_remaining_time_in_millis)


def work(event: dict[str, Any], context: Any) -> Any:
    """Run instances of the engine ``function``. The operator's code runs here, so this entry has no instance key."""
    from verihook.worker.work import run_batch

    return run_batch(event, _functions(), services(), context.get_remaining_time_in_millis)


def _make_functions() -> Functions:
    from verihook.worker.functions import Functions

    return Functions.load(settings.DEFAULT_WORKFLOWS, services().workflows)


def _make_app() -> Callable[[Request, Any, Any], Reply]:
    """Return what answers a request with the app, through Mangum; its arguments: request, Lambda's event, context."""
    from mangum import Mangum

    from verihook.api.access import Access
    from verihook.api.on_lambda import RequestHandler
    from verihook.app import create_app

    console = settings.with_console(settings.environment())
    app = create_app(services(), Access(services()), local=False, console=console)
    handler: Any = RequestHandler  # Mangum's protocol, but with our own types of event and answer
    mangum: Any = Mangum(app, lifespan="off", custom_handlers=[handler])
    return lambda request, event, context: mangum((request, event), context)


def _report(error: BaseException) -> None:
    bootstrap.telemetry().failure("start", error)


def _make_services() -> Services:
    from verihook.instances.holding import ROLLOUT_MS
    from verihook.model.draining import Draining

    made = bootstrap.on_aws()
    # Until the ledger was asked, events of each may be held.
    return replace(made, draining=Draining(made.workflows, ROLLOUT_MS))


def _make_front() -> tuple[str, Front | None]:
    """Return what the front has before our paths, and what checks that a request came through it; None if nothing does.

    Nothing does if neither the stack has a front nor hooks.toml has routes or locks.
    """
    variables, ports = settings.environment(), services()
    base_path, hosts = settings.base_path(variables), settings.domains(variables)
    reference = settings.origin_secret(variables)
    if not (hosts or reference or ports.arrival_matters):
        return base_path, None
    from verihook.webhooks.front import make_front

    return base_path, make_front(ports, ports.clock.now_ms() // 1000, reference=reference, domains=hosts)


services = Part(_make_services, _report, SystemClock())
_front = Part(_make_front, _report, SystemClock())
_functions = Part(_make_functions, _report, SystemClock())
_app = Part(_make_app, _report, SystemClock())

#: Entry -> the parts that it cannot do without.
_PARTS: dict[str, tuple[Part[Any], ...]] = {
    "receive": (services, _front),
    "api": (services, _front, _app),
    "record": (services,),
    "reconcile": (services,),
    "feed": (services,),
    "work": (services, _functions),
}


def _warm_app() -> None:
    """Send the app a first request, so that it builds its middleware and starts a thread now. No AWS call is made."""
    _app()(Request("GET", "/v1/instances", "", (), b"", "start"), {}, None)


def _find_held() -> None:
    """Look which events wait that came while their workflow was paused: what comes now has to wait behind them."""
    from verihook.instances.holding import find_held

    find_held(services())


#: Entry -> further work that its first event would otherwise wait for.
_FIRST_WORK: dict[str, tuple[Callable[[], object], ...]] = {
    "receive": (_find_held,),
    "api": (_find_held, _warm_app),
    "record": (partial(import_module, "verihook.worker.recorder"),),
    "reconcile": (
        partial(import_module, "verihook.instances.reconcile"),
        partial(import_module, "verihook.instances.start_rate"),
        partial(import_module, "verihook.instances.job_rounds"),
    ),
    "feed": (
        _find_held,
        partial(import_module, "verihook.webhooks.feeds"),
        partial(import_module, "verihook.worker.splitting"),
    ),
    "work": (partial(import_module, "verihook.worker.work"),),
}


def prepare(entry: str) -> None:
    """Make everything that this entry uses. Raises nothing: an error goes to the log and into the answers."""
    make_all(*_PARTS[entry], lambda: bootstrap.warm(services(), entry), *_FIRST_WORK.get(entry, ()))


def restore(entry: str) -> None:
    """Make every part of this entry again, after Lambda has restored this process from a SnapStart snapshot.

    The process may be on another machine, days later: its connections are cut, secrets and credentials may have
    changed, the monotonic clock has stood still, and every copy of the snapshot would give the same random numbers.
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
    """
    import random  # a start without a snapshot does not need it

    random.seed()
    for part in _PARTS[entry]:
        part.cache_clear()
    make_all(bootstrap.renew_connections, partial(prepare, entry))


def _at_init(handler: str) -> None:
    """Prepare the entry that Lambda runs. ``handler``: its name in Lambda's configuration; "" outside Lambda."""
    module, _, entry = handler.rpartition(".")
    if module != __name__ or entry not in _PARTS:
        return
    prepare(entry)
    try:
        # Lambda's own module: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
        hooks: Any = import_module("snapshot_restore_py")
    except ImportError:
        return
    hooks.register_after_restore(restore, entry)


_at_init(settings.handler(settings.environment()))
