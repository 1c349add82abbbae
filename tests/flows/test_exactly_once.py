"""Many orders, each delivered twice, from 16 connections; and the same across a kill -9."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.flows.deployment import ROOT, VARIABLES
from tests.flows.faces import HttpFace, Server, wait_for
from tests.flows.signing import order, x_signature
from tests.flows.waiting import wait_until
from tests.held_ports import held_port

ORDERS = 300
CONNECTIONS = 16

#: Within which all is delivered, in seconds; a quiet machine takes ten.
DEADLINE_S = 300.0

Total = tuple[float, float]


def orders() -> dict[str, tuple[bytes, Total]]:
    """Bodies by order id, with the totals they must come to."""
    random = Random(7)
    made: dict[str, tuple[bytes, Total]] = {}
    for number in range(ORDERS):
        items: list[dict[str, Any]] = [
            {"productId": f"p{item}", "quantity": random.randint(1, 9), "price": random.randint(0, 50_00) / 100}
            for item in range(random.randint(0, 4))
        ]
        total = sum(item["quantity"] * item["price"] for item in items)
        order_id = f"ord_{number}"
        made[order_id] = (order(orderId=order_id, items=items), (round(total, 2), round(round(total, 2) * 0.08, 10)))
    return made


class Client:
    """A plain client: it knows a URL and HMAC-SHA256, and delivers again until it is answered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, list[dict[str, object]]] = {}
        self.lock = threading.Lock()

    def deliver(self, order_id: str, body: bytes, deadline: float) -> None:
        while time.monotonic() < deadline:
            try:
                answer = HttpFace(self.url).send("POST", "/hooks/orders", x_signature(body), body)
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)  # the server is down: as a sender, deliver again later
                continue
            assert 200 == answer.status, answer.body
            with self.lock:
                self.answers.setdefault(order_id, []).append(answer.json)
            return
        raise AssertionError("never answered")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_300_orders_twice_from_16_connections(data: Path) -> None:
    server = Server(data, VARIABLES)
    try:
        client = Client(server.ready())
        made = orders()
        deliver(client, made)
        counts = Counter(answer["duplicate"] for answers in client.answers.values() for answer in answers)
        assert {False: ORDERS, True: ORDERS} == counts
        assert_completed(client, made)
    finally:
        assert 0 == server.stop()


def test_kill_9_in_the_middle_loses_nothing(data: Path) -> None:
    made = orders()
    with held_port() as port:
        server = Server(data, VARIABLES, port=port)
        client = Client(server.ready())
        sending = threading.Thread(target=deliver, args=(client, made))
        sending.start()
        try:
            for threshold in (ORDERS // 4, ORDERS // 2):
                wait_until(partial(answered, client, threshold), DEADLINE_S)
                server.kill()
                server = Server(data, VARIABLES, port=port)
                server.ready()
            sending.join(DEADLINE_S)
            assert not sending.is_alive()
            assert ORDERS == len(client.answers)
            # Whatever the interruption, an order has one instance and its first answer was no duplicate.
            assert_completed(client, made)
        finally:
            assert 0 == server.stop()


def answered(client: Client, wanted: int) -> bool:
    return len(client.answers) >= wanted


def deliver(client: Client, made: dict[str, tuple[bytes, Total]]) -> None:
    """Every order twice, in an order of their own."""
    twice = [(order_id, body) for order_id, (body, _) in made.items()] * 2
    Random(1).shuffle(twice)
    deadline = time.monotonic() + DEADLINE_S
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda pair: client.deliver(pair[0], pair[1], deadline), twice))


def assert_completed(client: Client, made: dict[str, tuple[bytes, Total]]) -> None:
    """Every order has one instance, which completed with the right total."""
    face = HttpFace(client.url)
    instances = {order_id: {answer["instanceId"] for answer in answers} for order_id, answers in client.answers.items()}
    assert {1} == {len(ids) for ids in instances.values()}
    assert ORDERS == len({instance_id for ids in instances.values() for instance_id in ids})
    for order_id, (_, (total, tax)) in made.items():
        status = wait_for(face, str(next(iter(instances[order_id]))), timeout=60)
        assert ("completed", {"orderId": order_id, "total": total, "tax": tax}) == (status["status"], status["output"])


def test_the_shipped_example_is_an_order() -> None:
    assert {"id", "type", "orderId", "items"} == set(json.loads((ROOT / "examples" / "order.json").read_text()))
