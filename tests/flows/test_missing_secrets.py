"""A deployment whose secrets are not all there: what its sources, its log, its health and its handshakes say."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest

from tests.flows.conftest import AwsFace
from tests.flows.deployment import SECRET
from tests.flows.faces import LambdaFace, answered
from tests.flows.secret_store import INSTANCE_KEY_ARN
from tests.flows.signing import order, x_signature
from tests.flows.waiting import wait_until
from verihook import main
from verihook.instances import api_keys


@pytest.fixture
def fresh(aws_face: AwsFace, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsFace]:
    """A function that has just started, over a secret with one member."""
    aws_face.secrets.call("CreateSecret", Name="partial", SecretString=json.dumps({"ORDERS_WEBHOOK_SECRET": SECRET}))
    monkeypatch.setenv("VERIHOOK_SECRETS", "partial")
    main.services.cache_clear()
    main._app.cache_clear()
    aws_face.secrets.calls.clear()
    yield aws_face
    aws_face.secrets.trouble = ""
    aws_face.secrets.call("DeleteSecret", SecretId="partial", ForceDeleteWithoutRecovery=True)
    main.services.cache_clear()
    main._app.cache_clear()


def post(face: LambdaFace, source: str) -> tuple[int, str | None, str | None]:
    """Status, code and Retry-After of a delivery that the source "orders" would verify."""
    body = order()
    answer = answered(face, f"/hooks/{source}", x_signature(body, SECRET), body)
    # Slack gets no body.
    content = json.loads(answer.body) if answer.body else {}
    return answer.status, content.get("code"), answer.headers.get("retry-after")


def test_a_source_without_a_secret_answers_503_and_the_others_work(
    fresh: AwsFace, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert (200, None, None) == post(fresh, "orders")
    for source in ("github", "stripe", "slack", "standard"):
        code = None if source == "slack" else "secrets-unavailable"
        assert (503, code, "5") == post(fresh, source)
    lines = [line for line in capsys.readouterr().out.splitlines() if '"failure"' in line]
    # The library's logger may have been made with the stream of a former test.
    told = [str(record.exc_info) for record in caplog.records] or lines
    # Once, whatever comes; with what to do.
    for name in ("STRIPE_WEBHOOK_SECRET", "STANDARD_WEBHOOK_SECRET"):
        (line,) = [line for line in told if name in line]
        assert f"verihook secrets put {name}" in line


def test_deliveries_to_a_source_without_a_secret_cost_a_call_every_five_seconds_at_most(fresh: AwsFace) -> None:
    begun = time.monotonic()
    for _ in range(30):
        assert 503 == post(fresh, "github")[0]
    made = [call for call in fresh.secrets.calls if call[1] == "partial"]
    # The start's own, and on a busy machine one for every five seconds that it took.
    assert [("GetSecretValue", "partial")] * len(made) == made
    assert 1 <= len(made) <= 1 + (time.monotonic() - begun) // 5


def test_health_names_the_sources_to_those_who_may_see_them(fresh: AwsFace) -> None:
    services, api = main.services(), LambdaFace(main.api)
    now = services.clock.now_ms()

    def health(*scopes: str, workflows: tuple[str, ...] = ()) -> dict[str, object]:
        _, secret = api_keys.create("probe", scopes, services.documents, now, workflows=workflows)
        answer = api.send("GET", "/health", [("x-api-key", secret)])
        assert 200 == answer.status
        return dict(json.loads(answer.body))

    assert ["github", "stripe", "slack", "standard", "impatient", "guarded"] == health("sources:read")["withoutSecret"]
    assert [] == health("sources:read", workflows=("order-log",))["withoutSecret"]
    assert "withoutSecret" not in health("instances:read")
    assert {"status": "ok"} == json.loads(api.send("GET", "/health", []).body)


def test_a_store_that_is_down_at_the_start_is_503_and_never_an_exception(fresh: AwsFace) -> None:
    fresh.secrets.trouble = "InternalServiceError"
    begun = time.monotonic()
    assert (503, "secrets-unavailable", "5") == post(fresh, "orders")
    # Each is read on a thread of its own, and the answer waits for the first that fails.
    asked = {("GetSecretValue", "partial"), ("GetSecretValue", INSTANCE_KEY_ARN)}
    wait_until(lambda: asked == {*fresh.secrets.calls} or None, what="the other secret was never asked for")
    for thread in [each for each in threading.enumerate() if each.name == "read ahead"]:
        thread.join(60)
    calls = [*fresh.secrets.calls]
    # Not asked again within the time that the answer says.
    assert (503, "secrets-unavailable", "5") == post(fresh, "orders")
    assert calls == fresh.secrets.calls or time.monotonic() - begun > 5
    fresh.secrets.trouble = ""
    main.services.cache_clear()
    assert (200, None, None) == post(fresh, "orders")
