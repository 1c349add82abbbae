"""Restate's ingress behind the same HMAC check (https://docs.restate.dev/services/invocation/http).

    python benchmarks/peers/restate_front.py INGRESS_PORT

The event's id is the idempotency key. The client keeps its connections and parses no more than it must: what is
measured is Restate's ingress, not a client library.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress

from fastapi import FastAPI, Request, Response
from serving import serve, verified

app = FastAPI()
idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []


async def send(event_id: str, body: bytes) -> bytes:
    """Hand the event over; Restate answers 202 once it has it durably."""
    reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    writer.write(
        b"POST /orders/created/send HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        b"idempotency-key: %b\r\ncontent-length: %d\r\n\r\n%b" % (event_id.encode(), len(body), body)
    )
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    answer = await reader.readexactly(length)
    if not head.startswith(b"http/1.1 202"):
        raise RuntimeError(answer)
    idle.append((reader, writer))
    return answer


@app.post("/hooks/orders")
async def hook(request: Request) -> Response:
    """Check and hand over."""
    body = await request.body()
    if not verified(body, request.headers["x-signature"]):
        return Response(status_code=401)
    event_id = json.loads(body)["id"]
    await send(event_id, body)
    return Response(json.dumps({"instanceId": event_id, "status": "queued"}), 202, media_type="application/json")


with suppress(KeyboardInterrupt):
    serve(app)
