"""`sam local invoke Receiver` with a delivery, the same again, a forged one, a malformed one, and the status."""

from __future__ import annotations

import json
from typing import Any

from tests.deployed.emulator import Deployment
from tests.deployed.rows import row, rows
from tests.events.shapes import SAMPLES, Shape
from tests.flows.signing import order, x_signature
from tests.sam.command import Sam

BEHIND = Shape("http-api-2")


def answered(sam: Sam, event: Any) -> tuple[int, Any]:
    answer = sam.invoke("Receiver", event)
    return answer["statusCode"], json.loads(answer["body"])


def test_a_delivery_is_taken_once_and_nothing_else_is(sam: Sam, aws: Deployment) -> None:
    before = rows(aws)
    status, taken = answered(sam, SAMPLES["function-url"])
    assert (200, False) == (status, taken["duplicate"])
    assert "orders" == row(aws, taken["instanceId"]).source

    status, again = answered(sam, SAMPLES["http-api-2"])
    assert (200, True, taken["instanceId"]) == (status, again["duplicate"], again["instanceId"])

    genuine, malformed = order(), b'{"id": 7'
    status, refused = answered(sam, BEHIND("POST", "/hooks/orders", x_signature(b"{}"), genuine))
    assert (401, "signature") == (status, refused["code"])
    status, refused = answered(sam, BEHIND("POST", "/hooks/orders", x_signature(malformed), malformed))
    assert (400, "event-malformed") == (status, refused["code"])
    assert before + 1 == rows(aws)

    status, told = answered(sam, BEHIND("GET", f"/?instanceId={taken['instanceId']}", [], b""))
    assert (200, taken["instanceId"], "order-created") == (status, told["instanceId"], told["workflow"])
