"""``verihook listen``: a scripted deployment, and a receiver of this machine that writes down what comes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.flows.deployment import SECRET, VARIABLES, write
from tests.unit.cli.scripted_api import Api, scripted_api
from tests.unit.cli.test_send import Receiver, receiver
from tests.unit.client.test_finding import LISTED
from verihook import cli
from verihook.senders import load_sender

__all__ = ["receiver"]

LIST = "GET /v1/deliveries"
NONE: dict[str, Any] = {"deliveries": [], "cursor": None}
BODY = b'{"id": "evt_1",  "type": "order.created"}'


def came(number: int, **fields: Any) -> dict[str, Any]:
    at = f"2026-03-01T12:00:{number:02d}.000Z"
    return {**LISTED, "id": f"d{number}", "eventId": f"evt_{number}", "at": at, **fields}


def answers(*pages: Any, bodies: int = 9) -> dict[str, Any]:
    headers = [
        {"name": "content-type", "value": "application/json"},
        {"name": "x-signature", "value": "sha256:0123456789abcdef"},
        {"name": "x-shop", "value": "a"},
    ]
    found = {LIST: [(200, page) for page in pages]}
    for number in range(bodies):
        found[f"GET /v1/deliveries/d{number}"] = [(200, {**came(number), "headers": headers})]
        found[f"GET /v1/deliveries/d{number}/body"] = [(200, BODY)]
    return found


class Listener:
    """Runs the command until it has waited so many times, or until it ends."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], to: str) -> None:
        self.folder, self.patch, self.capsys, self.to = folder, patch, capsys, to
        self.hooks = write(folder / "deployment")

    def __call__(self, api: Api, *more: str, waits: int = 1, to: str | None = None) -> tuple[int, list[str], str]:
        left = iter(range(waits - 1))

        def wait(_: float) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt

        self.patch.setattr("verihook.cli.listen.time.sleep", wait)
        own = ["--hooks", str(self.hooks), "--data", str(self.folder / "data"), "--to", to or self.to]
        code = cli.main(["listen", "--source", "orders", "--url", api.url, "--key", "vhk_x", *own, *more])
        captured = self.capsys.readouterr()
        return code, captured.out.splitlines(), captured.err


@pytest.fixture
def listen(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Listener:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    return Listener(tmp_path, monkeypatch, capsys, f"{receiver.url}/hooks/orders")


def test_what_comes_there_comes_here_signed_with_the_secret_of_here(listen: Listener, receiver: Receiver) -> None:
    page = {"deliveries": [came(2), came(1)], "cursor": None}
    with scripted_api(answers(page)) as api:
        code, told, _ = listen(api, "--since", "2026-03-01T11:00", waits=2)
        assert 130 == code
    assert [BODY, BODY] == [request.body for request in receiver.received]
    scheme = load_sender("generic").scheme
    for request in receiver.received:
        assert "current" == scheme.bind((SECRET,))(request, int(time.time())).verified_by
        assert (1, "a") == (len(request.values("x-signature")), request.header("x-shop"))
    begins, first, second = told
    assert "Listening to orders since 2026-03-01 11:00:00Z" in begins
    assert [["order.created", "evt_1", "200"], ["order.created", "evt_2", "200"]] == [
        line.split()[2:5] for line in (first, second)
    ]


def test_it_goes_on_where_it_was_and_takes_nothing_from_another(listen: Listener, receiver: Receiver) -> None:
    older, all_of_them = ({"deliveries": [came(n) for n in numbers], "cursor": None} for numbers in ([1], [3, 2, 1]))
    for page, arrived in ((older, 1), (all_of_them, 3), (all_of_them, 3)):
        with scripted_api(answers(page)) as api:
            # Each script has an address of its own; the deployment is the same.
            listen.patch.setattr("verihook.cli.listen._file_of", lambda *_: "place.json")
            listen(api, *(["--since", "2026-03-01T11:00"] if arrived == 1 else []))
            if arrived > 1:
                assert "from=2026-03-01T11%3A5" in api.asked[0][1]
        assert arrived == len(receiver.received)
    with scripted_api(answers(all_of_them)) as api:
        listen(api, "--since", "2026-03-01T11:00", "--data", str(listen.folder / "of-another"))
    assert 6 == len(receiver.received)


def test_if_nothing_answers_here_it_is_tried_again_and_in_order(listen: Listener, receiver: Receiver) -> None:
    page = {"deliveries": [came(2), came(1)], "cursor": None}
    with scripted_api(answers(page)) as api:
        _, told, _ = listen(api, "--since", "2026-03-01T11:00", waits=3, to="http://127.0.0.1:1/hooks/orders")
    assert 3 == len([line for line in told if "cannot be reached" in line and "evt_1" in line])
    assert [] == [line for line in told if "evt_2" in line]


def test_what_is_counted_or_came_with_others_is_not_sent(listen: Listener, receiver: Receiver) -> None:
    others = [came(3, outcome="ignored", instanceId=None), came(2, carrier="d1"), came(1)]
    with scripted_api(answers({"deliveries": others, "cursor": None})) as api:
        listen(api, "--since", "2026-03-01T11:00")
    assert 1 == len(receiver.received)


def test_a_body_that_is_not_kept_is_named_and_passed_by(listen: Listener, receiver: Receiver) -> None:
    gone = {"status": 404, "code": "delivery-not-found", "detail": "The body is not kept."}
    script = answers({"deliveries": [came(2), came(1)], "cursor": None})
    with scripted_api({**script, "GET /v1/deliveries/d1/body": (404, gone)}) as api:
        _, told, _ = listen(api, "--since", "2026-03-01T11:00")
    assert "The body is not kept." in told[1]
    assert 1 == len(receiver.received)


def test_it_says_that_it_is_there_and_waits_for_the_deployment(
    listen: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verihook.cli.listen._HEARTBEAT_S", 0.0)
    down = (503, {"status": 503, "code": "unavailable", "detail": "The ledger does not answer."})
    with scripted_api({LIST: [down] * 9 + [(200, NONE)]}) as api:
        # The client itself waits, too, before it asks again.
        _, told, _ = listen(api, waits=30)
    assert any("The deployment is out of reach, trying again" in line for line in told)
    assert any(line.startswith("Connected, nothing since") for line in told)


def test_a_key_that_is_revoked_ends_it(listen: Listener) -> None:
    revoked = (401, {"status": 401, "code": "unauthenticated", "detail": "This API key is not valid."})
    with scripted_api({LIST: revoked}) as api:
        code, _, error = listen(api, waits=9)
    assert (5, True) == (code, "not valid" in error)


def test_one_alone_and_lines_for_programs(listen: Listener, receiver: Receiver) -> None:
    with scripted_api(answers(NONE)) as api:
        code, told, _ = listen(api, "--replay", "d1", "--json")
        assert 0 == code
        content = json.loads(told[0])
        assert ("d1", "evt_1", 200, None) == (
            content["id"],
            content["eventId"],
            content["status"],
            content["trouble"],
        )
        code, told, _ = listen(api, "--replay", "d1", "--print")
    assert BODY.decode() in told
    assert 2 == len(receiver.received)


def test_which_deployment_is_asked_for(listen: Listener, capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == cli.main(["listen", "--source", "orders", "--hooks", str(listen.hooks)])
    assert "Give --url, or set VERIHOOK_URL" in capsys.readouterr().err
