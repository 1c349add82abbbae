"""Both clients over one script of answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx

from verihook.client import AsyncClient, Client, Retries

#: Pauses that no test notices.
SWIFT = Retries(4, first_s=0.001, longest_s=2)

AT = "2026-03-01T12:00:00.000Z"

ACCEPTED = {
    "instanceId": "order-1",
    "workflow": "orders",
    "version": 1,
    "status": "queued",
    "createdAt": AT,
    "startAt": None,
}

LISTED = {
    **ACCEPTED,
    "engine": "durable",
    "status": "running",
    "held": False,
    "attempt": 1,
    "updatedAt": AT,
    "source": None,
    "eventId": None,
    "eventType": None,
    "tags": ["vip"],
    "metadata": {"customer": "42"},
    "connection": None,
    "callbackUrl": None,
    "error": None,
}


def result(status: str = "completed", output: Any = None, error: Any = None) -> dict[str, Any]:
    return {"instanceId": "order-1", "workflow": "orders", "status": status, "output": output, "error": error}


def problem(status: int, code: str, **members: Any) -> httpx.Response:
    content = {"type": f"urn:verihook:error:{code}", "status": status, "detail": f"It is {code}.", "code": code}
    return httpx.Response(status, json={**content, "requestId": "r-1", **members})


class Script:
    """Answers one after the other, the last for good; an exception in the script is raised. Remembers requests."""

    def __init__(self, answers: Sequence[httpx.Response | Exception | tuple[int, Any]], awaiting: bool) -> None:
        self.answers = list(answers)
        self.awaiting = awaiting
        self.requests: list[httpx.Request] = []

    def call(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """The operation by the blocking or the awaiting client; a list is read to its end."""
        transport = httpx.MockTransport(self._answer)
        if self.awaiting:
            return asyncio.run(self._awaited(transport, operation, arguments, options))
        with Client("http://hooks.test/prod/", "vhk_1", retries=SWIFT, transport=transport) as client:
            done = getattr(client, operation)(*arguments, **options)
            return [*done] if operation == "list" else done

    async def _awaited(self, transport: Any, operation: str, arguments: Any, options: Any) -> Any:
        async with AsyncClient("http://hooks.test/prod/", "vhk_1", retries=SWIFT, transport=transport) as client:
            done = getattr(client, operation)(*arguments, **options)
            return [each async for each in done] if operation == "list" else await done

    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, tuple):
            return httpx.Response(answer[0], json=answer[1])
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
