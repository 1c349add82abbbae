"""DBOS on SQLite behind the same HMAC check (https://docs.dbos.dev/python/tutorials/workflow-tutorial).

    .tools/dbos/bin/python benchmarks/peers/dbos_front.py FOLDER

The event's id is the workflow's, so that a redelivery starts nothing, as it is here.
"""

from __future__ import annotations

import json
import sys

from dbos import DBOS, SetWorkflowID
from fastapi import FastAPI, Request, Response
from serving import serve, verified
from starlette.concurrency import run_in_threadpool

DBOS(
    config={
        "name": "orders",
        "system_database_url": f"sqlite:///{sys.argv[1]}/dbos.sqlite",
        "run_admin_server": False,
        "log_level": "ERROR",
    }
)
app = FastAPI()


@DBOS.workflow()
def created(order: dict[str, object]) -> object:
    """Do next to nothing, as the workflow here does."""
    return order["orderId"]


def start(order: dict[str, object]) -> None:
    """Return once the workflow is in the database."""
    with SetWorkflowID(str(order["id"])):
        DBOS.start_workflow(created, order)


@app.post("/hooks/orders")
async def hook(request: Request) -> Response:
    """Check and start."""
    body = await request.body()
    if not verified(body, request.headers["x-signature"]):
        return Response(status_code=401)
    order = json.loads(body)
    await run_in_threadpool(start, order)
    return Response(json.dumps({"instanceId": order["id"], "status": "queued"}), 202, media_type="application/json")


DBOS.launch()
serve(app)
