"""The least that keeps a webhook: FastAPI and uvicorn, an HMAC check, one INSERT with synchronous=FULL.

    python benchmarks/peers/baseline.py FOLDER

The insert is made in the event loop itself: no thread is waited for, no lock is taken.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

from fastapi import FastAPI, Request, Response
from serving import serve, verified

database = sqlite3.connect(Path(sys.argv[1]) / "baseline.db", isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE events (id TEXT PRIMARY KEY, body TEXT NOT NULL)")
app = FastAPI()


@app.post("/hooks/orders")
async def hook(request: Request) -> Response:
    """Check and keep."""
    body = await request.body()
    if not verified(body, request.headers["x-signature"]):
        return Response(status_code=401)
    event_id = json.loads(body)["id"]
    database.execute("INSERT INTO events VALUES (?, ?)", (event_id, body.decode()))
    return Response(json.dumps({"instanceId": event_id, "status": "queued"}), 202, media_type="application/json")


@app.get("/")
async def status(instanceId: str) -> Response:  # noqa: N803  # the parameter's name in Verihook
    """Tell whether it is there."""
    found = database.execute("SELECT id FROM events WHERE id = ?", (instanceId,)).fetchone()
    if found is None:
        return Response(status_code=404)
    return Response(json.dumps({"instanceId": found[0], "status": "queued"}), 200, media_type="application/json")


serve(app)
