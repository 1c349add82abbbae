"""``verihook run`` with something of everything: accepted, refused, failed, waiting, and texts that are hostile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.console.calling import call
from tests.console.hostile import FAILS, SOURCES, send_all
from tests.flows.deployment import VARIABLES, write
from tests.flows.faces import HttpFace, Server, run_key
from tests.flows.signing import github, order, stripe, x_signature
from tests.flows.waiting import wait_until

MORE = """
[sources.broken]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "broken"

[sources.payments]
sender = "stripe"
secrets = ["env:STRIPE_WEBHOOK_SECRET"]
workflow = "order-review"

[sources.late]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "late"

[workflows.late]
engine = "stepfunctions"
definition = "late"

[workflows.broken]
engine = "stepfunctions"
definition = "broken"

[workflows.never]
engine = "function"
definition = "echo"
"""

#: Charges, and then always fails.
BROKEN = {
    "StartAt": "Charge",
    "States": {
        "Charge": {"Type": "Pass", "Next": "Ship"},
        "Ship": {"Type": "Fail", "Error": "Warehouse.Closed", "Cause": "The warehouse is closed until Monday."},
    },
}

#: Ships when it is redriven, and not before.
LATE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Charge",
    "States": {
        "Charge": {"Type": "Pass", "Next": "Ship"},
        "Ship": {
            "Type": "Pass",
            "Output": "{% $states.context.Execution.RedriveCount > 0 ? 'shipped' : $error('It is not there yet.') %}",
            "End": True,
        },
    },
}


@dataclass(frozen=True)
class Deployed:
    """A server with what has come to it. ``ids``: of instances, by what they are an example of."""

    server: Server
    url: str
    key: str
    ids: dict[str, str]

    def call(self, method: str, path: str, body: object = None) -> Any:
        """What /v1 answers."""
        return call(HttpFace(self.url), self.key, method, path, body)


def write_more(folder: Path, *, hostile: bool = False) -> Path:
    """Lay the deployment out, with more than others need; returns the path of its hooks.toml."""
    hooks = write(folder)
    hooks.write_text(hooks.read_text() + MORE + (SOURCES if hostile else ""))
    for name, machine in (("broken", BROKEN), ("late", LATE), ("fails", FAILS)):
        (hooks.parent.parent / "infra" / "workflows" / f"{name}.asl.json").write_text(json.dumps(machine))
    return hooks


@contextmanager
def deployed(folder: Path, *, hostile: bool = True) -> Iterator[Deployed]:
    """A server on a port of its own, until the end of the block. ``hostile``: the corpus came, too."""
    hooks = write_more(folder / "deployment", hostile=hostile)
    server = Server(folder / "data", VARIABLES, "--hooks", str(hooks))
    try:
        url = server.ready()
        key = run_key(folder / "data")
        face = HttpFace(url)
        ids = send_all(face, key) if hostile else _send_ordinary(face, key)
        yield Deployed(server, url, key, {**ids, **_fill(face, key)})
    finally:
        server.kill_if_running()


def _send_ordinary(face: HttpFace, key: str) -> dict[str, str]:
    """What comes on any day, for pictures."""
    for name, scopes in (
        ("billing service", ["workflows:execute"]),
        ("dashboards", ["deliveries:read", "sources:read"]),
    ):
        call(face, key, "POST", "keys", {"name": name, "scopes": scopes, "expires": "90d"})
    start = {"input": {"orderId": "ord_7", "items": []}, "tags": ["vip"], "metadata": {"customer": "42"}}
    call(face, key, "POST", "workflows/order-created/instances", start)
    for number, kind in enumerate(("order.created", "order.paid", "order.created", "order.shipped", "order.created")):
        body = order(id=f"evt_{1030 + number}", type=kind, orderId=f"ord_{1030 + number}")
        face.send("POST", "/hooks/orders", x_signature(body), body)
    for number, kind in enumerate(("invoice.paid", "charge.refunded")):
        body = json.dumps({"id": f"evt_1QZ{number}", "type": kind, "data": {"object": {"amount": 4200}}}).encode()
        face.send("POST", "/hooks/stripe", stripe(body), body)
    for kind in ("push", "ping"):
        body = json.dumps({"ref": "refs/heads/main", "action": None, "commits": []}).encode()
        face.send("POST", "/hooks/github", github(body, f"72d3162e-cc78-11e3-{kind}", kind), body)
    return {}


def _fill(face: HttpFace, key: str) -> dict[str, str]:
    ids: dict[str, str] = {}
    for name, source, body in (
        ("completed", "orders", order(id="1042")),
        ("failed", "broken", order(id="1043")),
        ("waiting", "approved", order(id="1044", amount=25)),
    ):
        answer = face.send("POST", f"/hooks/{source}", x_signature(body), body)
        assert answer.status == 200, answer.body
        ids[name] = answer.json["instanceId"]
    body = order(id="1042")
    face.send("POST", "/hooks/orders", x_signature(body), body)
    face.send("POST", "/hooks/orders", x_signature(order(id="9"), secret="another"), order(id="9"))
    face.send("POST", "/hooks/stripe", stripe(b'{"id":"evt_1"}'), b'{"id":"evt_1","tampered":true}')

    def all_are_there() -> bool:
        statuses = {
            each["instanceId"]: each["status"] for each in call(face, key, "GET", "instances?limit=100")["instances"]
        }
        refused = call(face, key, "GET", "deliveries?outcome=rejected")["deliveries"]
        events = call(face, key, "GET", f"instances/{ids['waiting']}/events")["events"]
        wanted = (statuses[ids["completed"]], statuses[ids["failed"]], bool(events))
        return wanted == ("completed", "failed", True) and len(refused) >= 2

    wait_until(lambda: all_are_there() or None, what="not everything came")
    job = {"action": "resume", "filter": {"workflow": "order-created"}}
    ids["job"] = call(face, key, "POST", "jobs", job)["job"]["id"]
    return ids
