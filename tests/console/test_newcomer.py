"""A newcomer with the server of one machine; tests/console/test_function.py has the one with the api function."""

from __future__ import annotations

from tests.console.conftest import Open
from tests.console.deployment import Deployed
from tests.console.newcomer import Newcomer
from tests.flows.faces import HttpFace
from tests.flows.signing import order, x_signature


def test_a_newcomer_by_keyboard_alone(opened: Open, served: Deployed) -> None:
    body = order(id="late-1")
    assert HttpFace(served.url).send("POST", "/hooks/late", x_signature(body), body).status == 200
    page = opened()
    page.settled()
    page.expected.append("422")
    started = Newcomer(page).tell()
    assert "newcomer" == served.call("GET", f"instances/{started}")["input"]["orderId"]
