"""Secrets that are planted in deliveries are found in no row, line of the log, answer of the API or output."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.dialects.deployment import served
from tests.flows.api.parts import SECRETS, Client, Deployment
from tests.flows.api.test_captures import CAPTURES
from tests.flows.api.test_deliveries import PUSH, keeping
from tests.flows.deployment import ROOT
from tests.flows.signing import github
from verihook import cli
from verihook.adapters.telemetry.console import ConsoleTelemetry
from verihook.adapters.telemetry.delivery import own_fields
from verihook.adapters.telemetry.json_lines import JsonLinesTelemetry
from verihook.model.instance import Progress
from verihook.model.ports import Trace
from verihook.request import Request
from verihook.webhooks.captures import Capture
from verihook.webhooks.observe import Observer
from verihook.webhooks.receive import receive

#: What a proxy or a sender may put beside the signature, and forty headers that nothing knows.
PLANTED = [
    *((name, f"canary-{name}") for name in ("authorization", "cookie", "x-api-key", "proxy-authorization", "referer")),
    *((f"x-odd-{number}", f"canary-{number}") for number in range(40)),
]

#: Every signature that was sent.
SENT: set[str] = set()


class Everywhere:
    """Telemetry of every kind at once: what each would write into its log."""

    def __init__(self) -> None:
        self.log = io.StringIO()
        self._kinds = (ConsoleTelemetry(self.log, made={"github"}), JsonLinesTelemetry(self.log, made={"github"}))

    def delivery(self, trace: Trace) -> None:
        for each in self._kinds:
            each.delivery(trace)
        self.log.write(repr(own_fields(trace)))

    def measured(self, measures: Any) -> None:
        """Nothing."""

    def failure(self, where: str, error: BaseException) -> None:
        for each in self._kinds:
            each.failure(where, error)


@pytest.fixture
def told(deployed: Deployment) -> tuple[Deployment, Everywhere]:
    """A deployment that tells of everything."""
    everywhere, services = Everywhere(), deployed.services
    capture = Capture(services.documents, services.sources)
    services = replace(services, telemetry=everywhere, observer=Observer(services.ledger, everywhere, capture))
    return Deployment(services, deployed.engine), everywhere


def send(deployed: Deployment, body: bytes, event: str, kind: str = "push", secret: str = "github secret") -> Any:
    headers = [(name.lower(), value) for name, value in github(body, event, kind, secret)]
    SENT.add(dict(headers)["x-hub-signature-256"].removeprefix("sha256="))
    request = Request("POST", "/hooks/github", "token=canary-query", (*headers, *PLANTED), body, f"r-{event}")
    return json.loads(receive(request, deployed.services).body)


def lived(deployed: Deployment, client: Client) -> Iterator[str]:
    """All that becomes of deliveries; each answer of the API on the way."""
    keeping(deployed, keep="full", types=("push",))
    accepted = send(deployed, PUSH, "d-1")["instanceId"]
    deployed.engine.finish(accepted, Progress("completed", "1"), deployed.services)
    for body in (PUSH, PUSH.replace(b"main", b"other")):
        send(deployed, body, "d-1")
    send(deployed, PUSH, "d-2", "ping")
    send(deployed, b"{", "d-3")
    send(deployed, PUSH, "d-4", secret="another")
    yield client.post(CAPTURES).text
    deployed.services.observer.flush()
    send(deployed, PUSH, "d-5", secret="another")
    deployed.services.observer.flush()
    yield client.post(f"/v1/deliveries/{accepted}/replay", json={"asNew": True}).text
    yield client.post(f"/v1/deliveries/{accepted}/replay").text
    for path in ("/v1/deliveries", "/v1/deliveries?outcome=captured", "/v1/rejections", "/v1/instances"):
        yield client.get(path).text
    for path in ("/v1/deliveries", "/v1/deliveries?outcome=captured"):
        for each in client.get(path).json()["deliveries"]:
            yield client.get(f"/v1/deliveries/{each['id']}").text
            yield client.get(f"/v1/deliveries/{each['id']}/body").text
    for text in ("d-1", "r-d-4", "r-d-5"):
        yield client.get(f"/v1/lookup?q={text}").text


def rows(deployed: Deployment) -> str:
    """Every table of the ledger."""
    with deployed.services.ledger._file.lists() as database:  # type: ignore[attr-defined]
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return repr([database.execute(f"SELECT * FROM {name}").fetchall() for name in names])


def test_no_planted_secret_is_found_anywhere(
    told: tuple[Deployment, Everywhere], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed, everywhere = told
    client = deployed.client()
    seen = [*lived(deployed, client), rows(deployed)]
    captured = client.get("/v1/deliveries?outcome=captured").json()["deliveries"]
    assert captured
    for name, value in {**SECRETS, "ANOTHER": "another", "VERIHOOK_KEY": deployed.key}.items():
        monkeypatch.setenv(name, value)
    with served(deployed.app) as url:
        for each in captured:
            for secret in ("env:GITHUB_WEBHOOK_SECRET", "env:ANOTHER"):
                hooks = str(ROOT / "handler" / "hooks.toml")
                cli.main(["verify", "--delivery", each["id"], "--secret", secret, "--hooks", hooks, "--url", url])
    printed = capsys.readouterr()
    assert "yes: env:ANOTHER" in printed.out
    gone = [client.delete(f"/v1/deliveries?source=github&eventId=d-{each}&force=true").text for each in range(1, 6)]
    whole = "\n".join([*seen, *gone, rows(deployed), everywhere.log.getvalue(), printed.out, printed.err])
    assert "secretMadeHere" in whole
    assert "canary" not in whole
    assert [] == [value for value in (*SENT, SECRETS["GITHUB_WEBHOOK_SECRET"]) if value in whole]


def test_the_search_finds_what_is_planted(told: tuple[Deployment, Everywhere]) -> None:
    """Or the test above could not fail."""
    deployed, everywhere = told
    keeping(deployed, keep="full", types=("push",), keep_headers=("x-odd-1",))
    send(deployed, PUSH, "d-1")
    assert "canary-1" in rows(deployed)
    assert "d-1" in everywhere.log.getvalue()
