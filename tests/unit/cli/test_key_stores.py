"""``verihook keys`` through the API, and when it goes there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.scripted_api import Api, scripted_api
from verihook import cli
from verihook.adapters.clock import SystemClock
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile
from verihook.api.openapi_examples import EXAMPLES
from verihook.instances import api_keys

KEY = EXAMPLES["Keys"]["keys"][0]
MADE = EXAMPLES["KeyShown"]
REVOKED = EXAMPLES["KeyView"]

ANSWERS = {
    "GET /v1/keys": (200, EXAMPLES["Keys"]),
    "POST /v1/keys": (201, MADE),
    f"POST /v1/keys/{KEY['id']}/rotate": (201, {**MADE, "replaces": KEY["id"]}),
    f"DELETE /v1/keys/{KEY['id']}": (200, REVOKED),
    "DELETE /v1/keys/none": (404, {"status": 404, "code": "key-not-found", "detail": "There is no API key."}),
}
CREATE = ("create", "--name", "ci", "--scope", "workflows:execute", "--workflow", "order-*")


def run(api: Api, *arguments: str) -> int:
    return cli.main(["keys", *arguments, "--url", api.url, "--key", "vhk_admin"])


def test_each_through_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    def done(*arguments: str) -> Any:
        assert 0 == run(api, *arguments, "--json")
        return json.loads(capsys.readouterr().out)

    with scripted_api(ANSWERS) as api:
        shown = {name: value for name, value in MADE.items() if name != "secret"}
        assert {"key": shown, "secret": MADE["secret"]} == done(*CREATE, "--expires", "2030-01-31")
        assert {"keys": [KEY]} == done("list")
        assert KEY["id"] == done("rotate", KEY["id"], "--overlap", "1h")["key"]["replaces"]
        assert {"key": REVOKED} == done("revoke", KEY["id"])
    assert ["POST", "GET", "POST", "DELETE"] == [method for method, *_ in api.asked]
    assert {"Bearer vhk_admin"} == {headers["authorization"] for _, _, headers, _ in api.asked}
    wanted = {"name": "ci", "scopes": ["workflows:execute"], "workflows": ["order-*"]}
    assert {**wanted, "expires": "2030-01-31T00:00:00.000Z"} == api.asked[0][3]
    assert {"overlap": 3600, "expires": None} == api.asked[2][3]


def test_for_people_it_looks_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api(ANSWERS) as api:
        assert 0 == run(api, *CREATE)
        shown = capsys.readouterr()
        assert 0 == run(api, "list")
        table = capsys.readouterr().out
        assert 0 == run(api, "revoke", KEY["id"])
    assert f"{MADE['secret']}\n" == shown.out
    assert "Keep it now, it is not shown again." in shown.err
    assert ["ID", KEY["id"]] == [line.split()[0] for line in table.splitlines()]
    revoked = f"{KEY['id']} (ci) is revoked since {REVOKED['revokedAt']}"
    assert f"{revoked}; it may take up to 30 seconds to hold everywhere.\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("own", "name"),
    [
        (EXAMPLES["OwnKey"], f"{KEY['id']} (ci), for the workflows order-*"),
        ({"entry": "run", "scopes": ["events:send"], "workflows": [], "key": None}, "the key of this run, for all"),
    ],
)
def test_what_the_key_itself_may_do(capsys: pytest.CaptureFixture[str], own: dict[str, Any], name: str) -> None:
    with scripted_api({"GET /v1/keys/self": (200, own)}) as api:
        assert 0 == run(api, "self")
        first, _, *scopes = capsys.readouterr().out.splitlines()
        assert 0 == run(api, "self", "--json")
        assert own == json.loads(capsys.readouterr().out)
    assert first.startswith(name)
    assert own["scopes"] == [line.split()[0] for line in scopes]


def test_what_goes_wrong_has_the_exit_codes_of_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({**ANSWERS, "GET /v1/keys": (403, {"code": "forbidden", "detail": "It lacks."})}) as api:
        assert 3 == run(api, "revoke", "none")
        assert "verihook keys list" in capsys.readouterr().err
        assert 5 == run(api, "list")


def test_where_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".verihook").mkdir()
    with SqliteFile(tmp_path / ".verihook" / "ledger.db") as file, scripted_api(ANSWERS) as api:
        here, _ = api_keys.create("here", ["keys:manage"], SqliteDocuments(file), SystemClock().now_ms())
        (tmp_path / ".verihook" / "run.json").write_text(json.dumps({"url": api.url, "key": "vhk_run"}))

        def ids(*arguments: str) -> list[str]:
            assert 0 == cli.main(["keys", "list", "--json", *arguments])
            return [key["id"] for key in json.loads(capsys.readouterr().out)["keys"]]

        assert [here.id] == ids() == ids("--data", ".verihook")
        assert (
            [KEY["id"]]
            == ids("--url", api.url)
            == ids("--key", "vhk_1")
            == ids("--key", "vhk_1", "--data", ".verihook")
        )
        monkeypatch.setenv("VERIHOOK_URL", api.url)
        assert [KEY["id"]] == ids()
        assert [here.id] == ids("--data", ".verihook")


def test_only_one_place_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["keys", "list", "--url", "http://a", "--table", "t"])
    assert 2 == caught.value.code
    assert "not allowed with" in capsys.readouterr().err
