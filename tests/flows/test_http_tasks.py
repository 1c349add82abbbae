"""A webhook starts a state machine that calls an API over HTTP, by a connection of hooks.toml, on one machine."""

from __future__ import annotations

import json
from pathlib import Path

from tests.flows.commands import verihook
from tests.flows.deployment import VARIABLES
from tests.flows.faces import HttpFace, run_key, serving, wait_for
from tests.flows.signing import order, x_signature
from tests.unit.adapters.aws.scripted import Scripted, answer

KEY = "sk_never_to_be_seen"

HOOKS = """
[connections.invoices]
url = "{url}"
secret = "env:INVOICES_KEY"

[sources.orders]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "bill"

[workflows.bill]
engine = "stepfunctions"
definition = "bill"
"""

MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Bill",
    "States": {
        "Bill": {
            "Type": "Task",
            "Resource": "arn:aws:states:::http:invoke",
            "Arguments": {
                "ApiEndpoint": "${InvoiceUrl}",
                "Method": "POST",
                "InvocationConfig": {"ConnectionArn": "${InvoiceConnectionArn}"},
                "RequestBody": {"order": "{% $states.input.orderId %}"},
            },
            "Output": "{% $states.result.ResponseBody %}",
            "End": True,
        }
    },
}


def test_a_webhook_makes_an_invoice(tmp_path: Path) -> None:
    (tmp_path / "handler").mkdir()
    (tmp_path / "infra" / "workflows").mkdir(parents=True)
    (tmp_path / "infra" / "workflows" / "bill.asl.json").write_text(json.dumps(MACHINE))
    hooks, data = tmp_path / "handler" / "hooks.toml", tmp_path / "data"
    with Scripted(answer({"id": "inv_1"}, content_type="application/json")) as api:
        hooks.write_text(HOOKS.format(url=api.url))
        variables = {**VARIABLES, "VERIHOOK_HOOKS": str(hooks), "INVOICES_KEY": KEY}
        told = verihook("check", **variables)
        place = "States.Bill.Arguments.InvocationConfig.ConnectionArn"
        assert (told.returncode, f"{place}: ${{InvoiceConnectionArn}} is a substitution" in told.stdout) == (1, True), (
            told
        )
        arn = "arn:aws:events:us-east-1:123456789012:connection/invoices/1"
        values = {"InvoiceUrl": f"{api.url}/invoices", "InvoiceConnectionArn": arn}
        variables["VERIHOOK_SUBSTITUTIONS"] = json.dumps(values)
        assert 0 == verihook("check", **variables).returncode
        with serving(data, variables) as server:
            face, body = HttpFace(server.url), order()
            id = face.send("POST", "/hooks/orders", x_signature(body), body).json["instanceId"]
            wait_for(face, id)
            ended = face.send("GET", f"/v1/instances/{id}", [("Authorization", f"Bearer {run_key(data)}")]).json
        (sent,) = api.requests
    assert (ended["status"], ended["output"]) == ("completed", {"id": "inv_1"})
    assert f"authorization: Bearer {KEY}".encode() in sent
    assert sent.endswith(json.dumps({"order": json.loads(body)["orderId"]}, separators=(",", ":")).encode())
    assert [] == [path for path in data.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert KEY not in server.output.read_text()
