"""What a workflow may use. With real waits: tests/flows/test_example_workflows.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from verihook import authoring
from verihook.adapters.engines.durable_names import durable_name, with_instance
from verihook.errors import NotSupported, PayloadGone
from verihook.instances import payload
from verihook.model.connection import Connection
from verihook.model.ports import Payloads, Services

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST/durable-execution/{}/0"


class Kept:
    """Payloads in memory."""

    base = "file:///kept/"

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def put(self, key: str, text: str) -> None:
        self.texts[key] = text

    def get(self, key: str) -> str | None:
        return self.texts.get(key)

    def remove(self, key: str) -> None:
        self.texts.pop(key, None)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def provided(kept: Kept) -> Iterator[None]:
    connections = {
        "open": Connection("open", "https://a.example"),
        "keyed": Connection("keyed", "https://b.example", "env:K"),
    }
    secrets = SimpleNamespace(resolve=lambda reference: ("newest", "older") if reference == "env:K" else ())
    authoring.use(cast(Services, SimpleNamespace(payloads=kept, connections=connections, secrets=secrets)))
    yield
    authoring._services = None


def durable(name: str, input: str = "{}") -> Any:
    context = SimpleNamespace(durable_execution_arn=ARN.format(name))
    return SimpleNamespace(execution_context=context, state=SimpleNamespace(get_input_payload=lambda: input))


def test_the_instance() -> None:
    assert authoring.instance_of(durable("a")) == ("a", 1)
    assert authoring.instance_of(durable("-12-a")) == ("a", 12)
    hidden = json.dumps({"verihookInstance": {"id": "a" * 64, "attempt": 2}, "verihookInput": {}})
    assert authoring.instance_of(durable(durable_name(f"{'a' * 64}.2"), hidden)) == ("a" * 64, 2)
    assert authoring.instance_of(SimpleNamespace(instance_id="a", attempt=3)) == ("a", 3)
    # An input that names another instance is no more than an input.
    for stranger in (durable("--2-" + "0" * 40), durable("--2-" + "0" * 40, hidden), SimpleNamespace()):
        with pytest.raises(ValueError, match="not started by Verihook"):
            authoring.instance_of(stranger)


@pytest.mark.usefixtures("provided")
@pytest.mark.parametrize("name", ["a", f"{'a' * 64}.2"])
def test_an_input(kept: Kept, name: str) -> None:
    def started_with(content: object) -> Any:
        return json.loads(with_instance(name, json.dumps(content), content))

    assert authoring.read_input(started_with({"a": 1})) == {"a": 1}
    text = json.dumps({"a": "x" * 100})
    reference = json.loads(payload.store_if_large(text, json.loads(text), "i", 10, cast(Payloads, kept)))
    assert authoring.read_input(started_with(reference)) == json.loads(text)
    kept.texts.clear()
    with pytest.raises(PayloadGone):
        authoring.read_input(started_with(reference))


@pytest.mark.usefixtures("provided")
def test_a_connection() -> None:
    assert authoring.connection("open") == authoring.Endpoint("https://a.example", {})
    keyed = authoring.connection("keyed")
    assert keyed.headers == {"authorization": "Bearer newest"}
    assert "newest" not in repr(keyed)
    with pytest.raises(KeyError, match=r"connections\.other"):
        authoring.connection("other")


def test_the_connection_that_the_start_chose() -> None:
    started_with = with_instance("a.2", '{"n":1}', {"n": 1}, "erp")
    assert authoring.connection_of(durable("-2-a", started_with)) == "erp"
    assert authoring.connection_of(durable("-2-b", started_with)) is None
    assert authoring.connection_of(durable("a", "")) is None
    assert authoring.connection_of(SimpleNamespace(connection="erp")) == "erp"
    assert authoring.connection_of(SimpleNamespace()) is None


def test_a_function_waits_for_no_event() -> None:
    with pytest.raises(NotSupported, match="function"):
        authoring.wait_for_event(SimpleNamespace(instance_id="a", attempt=1), "approved", 5)


@pytest.mark.parametrize("timeout", [0, -1, authoring.LONGEST_WAIT + 1])
def test_a_timeout_that_cannot_be(timeout: int) -> None:
    with pytest.raises(ValueError, match="timeout"):
        authoring.wait_for_event(SimpleNamespace(create_callback=None), "approved", timeout)


def test_what_no_wait_can_show() -> None:
    with pytest.raises(ValueError, match="shows: must be at most 4096 bytes"):
        authoring.wait_for_event(SimpleNamespace(create_callback=None), "approved", 5, shows="x" * 4096)


def test_a_webhook_is_waited_for_at_a_source_that_allows_it(provided: None) -> None:
    with pytest.raises(NotSupported, match="function"):
        authoring.wait_for_webhook(SimpleNamespace(instance_id="a", attempt=1), "payments", print, 5)
    with pytest.raises(ValueError, match="timeout"):
        authoring.wait_for_webhook(SimpleNamespace(create_callback=None), "payments", print, 0)
    closed = SimpleNamespace(sources={"closed": SimpleNamespace(waits=False)})
    authoring.use(cast(Services, closed))
    for source in ("closed", "missing"):
        with pytest.raises(ValueError, match=rf"\[sources\.{source}\] with waits = true"):
            authoring.wait_for_webhook(SimpleNamespace(create_callback=None), source, print, 5)


@pytest.mark.parametrize(("away_s", "left_s"), [(0, 900), (600, 300), (3_600, 1)])
def test_the_time_of_an_address_goes_on_while_the_process_is_away(
    monkeypatch: pytest.MonkeyPatch, away_s: int, left_s: int
) -> None:
    """It died after the address was made: its step is not run again, and the wait ends with the address."""
    monkeypatch.setattr(authoring, "time", SimpleNamespace(time=lambda: 1_790_000_000.5 + away_s))
    waits: list[int] = []

    class Ended(Exception):
        """The test has seen enough."""

    def create_callback(name: str, config: Any) -> None:
        waits.append(config.timeout.to_seconds())
        raise Ended

    context = durable("order-7")
    context.create_callback = create_callback
    context.step = lambda _run, name: ["0" * 32, 1_790_000_000 + 900]
    authoring.use(cast(Services, SimpleNamespace(sources={"payments": SimpleNamespace(waits=True, public_url="")})))
    with pytest.raises(Ended):
        authoring.wait_for_webhook(context, "payments", print, 900)
    authoring._services = None
    assert [left_s] == waits
