"""The documents' own snippets, run as they are against ``verihook run --open``: only host, key and id are changed."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from tests.dialects.programs import curl, node, program, python, run, snippet
from tests.dialects.server import Served

FRUIT = "Ordered 5 APPLE...Ordered 3 BANANA..."


def test_moose(served: Served) -> None:
    here = {"localhost:4000": served.host}
    made = json.loads(curl("moose-trigger.sh", here))
    assert {"workflowId", "runId", "dashboardUrl"} == set(made)
    assert made["dashboardUrl"].endswith(f"/console/instances/{made['workflowId']}")
    assert served.client.get(made["dashboardUrl"]).headers["content-type"].startswith("text/html")
    hashed = made["workflowId"].removeprefix("data-processing-")
    ended = json.loads(curl("moose-terminate.sh", {**here, "<hash>": hashed}))
    assert ended["status"] == "terminated"
    token = {"https://your-host": f"http://{served.host}", "<plain_token_from_output>": "any-token"}
    made = json.loads(curl("moose-trigger-production.sh", token))
    assert served.client.post(f"/workflows/{made['workflowId']}/terminate").status_code == 200


def test_the_temporal_guide_by_curl(served: Served) -> None:
    here = {"localhost:8000": served.host}
    assert json.loads(curl("temporal-sync.sh", here))["result"] == FRUIT
    started = json.loads(curl("temporal-async.sh", here))
    assert (started["status"], started["result"]) == ("started", None)
    at = {**here, "{workflow_id}": started["workflow_id"]}
    assert json.loads(curl("temporal-result.sh", at))["result"] == "Ordered 10 ORANGE..."
    assert json.loads(curl("temporal-status.sh", at))["status"] == "COMPLETED"


def test_the_temporal_guide_in_python_and_javascript(served: Served) -> None:
    here = {"localhost:8000": served.host}
    for printed in (python(snippet("temporal.py.txt", here)), node(snippet("temporal.mjs", here))):
        first, second = printed.splitlines()
        assert first.startswith("Workflow ID: shopping-workflow-")
        assert second == f"Result: {FRUIT}"


def test_the_temporal_guide_in_go(served: Served, tmp_path: Path) -> None:
    go = program("go", wanted=False)
    source = tmp_path / "main.go"
    source.write_text(snippet("temporal.go", {"localhost:8000": served.host}))
    # It prints to standard error, and panics if the result is no text.
    run([go, "run", str(source)])


def test_loopfour_by_curl(served: Served) -> None:
    here = {"localhost:3000": served.host, "YOUR_API_KEY": "any-key"}
    made = json.loads(curl("loopfour-run.sh", {**here, "{WORKFLOW_ID}": "invoice"}))
    served.ended(made["data"]["runId"])
    status = json.loads(curl("loopfour-status.sh", {**here, "{RUN_ID}": made["data"]["runId"]}))
    assert (status["success"], status["data"]["status"]) == (True, "completed")
    keyed = {**here, "{id}": "echo", "process-order-123": uuid.uuid4().hex}
    first, second = (json.loads(curl("loopfour-idempotency.sh", keyed))["data"]["runId"] for _ in range(2))
    assert first == second
    simulated = json.loads(curl("loopfour-webhook.sh", {**here, "{id}": "echo"}))
    assert served.ended(simulated["data"]["runId"])["input"]["type"] == "invoice.paid"


def test_loopfour_in_python_and_javascript(served: Served) -> None:
    here = {"localhost:3000": served.host}
    in_python = "workflow_id, api_key = 'invoice', 'any-key'\n" + snippet("loopfour-run.py.txt", here)
    in_javascript = "const workflowId = 'invoice';\n" + snippet("loopfour-run.mjs", here)
    for printed in (python(in_python), node(in_javascript, API_KEY="any-key")):
        id = printed.strip().removeprefix("Run ID: ")
        assert served.client.get(f"/api/v1/runs/{id}").status_code == 200


def test_loopfours_wait_loop(served: Served) -> None:
    waiting = "const API_KEY = 'any-key';\n" + snippet("loopfour-wait.mjs", {"localhost:3000": served.host})
    whole = '{"customerId":"cus_xxx","amount":9900,"currency":"usd"}'
    for workflow, printed in (("invoice", whole), ("failing", "sold out")):
        body = {"input": {"customerId": "cus_xxx", "amount": 9900}}
        id = served.client.post(f"/api/v1/workflows/{workflow}/run", json=body).json()["data"]["runId"]
        shown = f"console.log(await waitForCompletion('{id}').then(JSON.stringify, error => error.message));"
        assert node(f"{waiting}\n{shown}").strip() == printed


def test_loopfours_batch(served: Served) -> None:
    # What the document takes for granted.
    given = f"""
        const today = '{uuid.uuid4().hex}';
        const getCustomersToProcess = async () => Array.from({{length: 20}}, (_, n) => ({{id: `cus_${{n % 10}}`}}));
        const triggerWorkflow = async (workflow, body) => {{
          const response = await fetch(`http://{served.host}/api/v1/workflows/${{workflow}}/run`,
            {{ method: 'POST', headers: {{ 'Content-Type': 'application/json' }}, body: JSON.stringify(body) }});
          return (await response.json()).data.runId;
        }};
    """
    batch = snippet("loopfour-batch.mjs", {"wf_customer_sync": "echo"})
    printed = node(f"{given}\n{batch}\nconsole.log(new Set(runs).size);")
    assert printed.splitlines() == ["Started 20 sync workflows", "10"]


def test_awaitstep(served: Served) -> None:
    here = {"https://app.awaitstep.dev": f"http://{served.host}", "ask_yourkey": "any-key", "wf_abc123": "echo"}
    made = json.loads(curl("awaitstep-trigger.sh", here))
    served.ended(made["instanceId"])
    polled = json.loads(curl("awaitstep-status.sh", {**here, "wf-instance-uuid": made["instanceId"]}))
    assert polled["status"] == "complete"


def test_awaitsteps_worker(served: Served) -> None:
    here = {"https://<your-worker>.workers.dev": f"http://{served.host}/w/echo"}
    id = json.loads(curl("awaitstep-worker.sh", here))["instanceId"]
    served.ended(id)
    status = json.loads(curl("awaitstep-worker-status.sh", {**here, "abc-123-def": id}))
    assert status == {"status": "complete", "output": {"event": "order.created", "orderId": "ord_001"}, "error": None}
