"""What is kept of an event is deleted everywhere by its id; a redelivery then starts nothing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.flows.api.parts import Client, Deployment
from tests.flows.api.test_captures import CAPTURES, noticed
from tests.flows.api.test_deliveries import deliver, keeping
from tests.flows.signing import github
from verihook.model.instance import Progress

PERSON = b'{"person": "canary", "n":  1}'
EVENT = "/v1/deliveries?source=github&eventId=d-canary"


def came(deployed: Deployment, body: bytes = PERSON) -> str:
    """The id of an instance that has ended."""
    keeping(deployed, keep="full")
    headers = github(body, "d-canary")
    if body.startswith(b"payload"):
        headers[0] = ("Content-Type", "application/x-www-form-urlencoded")
    id = str(deliver(deployed, "github", body, headers)["instanceId"])
    deployed.engine.finish(id, Progress("completed", '{"to": "canary"}'), deployed.services)
    return id


def rows(deployed: Deployment) -> str:
    """Every table of the ledger, as text: what SQLite has freed and not yet written over is not looked at."""
    with deployed.services.ledger._file.lists() as database:  # type: ignore[attr-defined]
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return repr([database.execute(f"SELECT * FROM {name}").fetchall() for name in names])


@pytest.mark.parametrize("body", [PERSON, urlencode({"payload": PERSON.decode()}).encode()], ids=["json", "form"])
def test_nothing_of_it_is_left(deployed: Deployment, client: Client, tmp_path: Path, body: bytes) -> None:
    id = came(deployed, body)
    replayed = client.post(f"/v1/deliveries/{id}/replay", json={"asNew": True}).json()["instanceId"]
    deployed.engine.finish(replayed, Progress("completed", '{"to": "canary"}'), deployed.services)
    # A changed redelivery, whose body is the sample of its hour, and a refused one that is captured.
    changed = body.replace(b"1", b"2")
    kind = [("Content-Type", "application/x-www-form-urlencoded"), *github(changed, "d-canary")[1:]]
    deliver(deployed, "github", changed, kind if body.startswith(b"payload") else github(changed, "d-canary"))
    client.post(CAPTURES)
    deliver(deployed, "github", b"{}", github(b"{}", "d-other", secret="another"))
    deployed.services.observer.flush()
    deliver(deployed, "github", body, github(body, "d-canary", secret="another"))
    deployed.services.observer.flush()
    assert "canary" in rows(deployed)
    gone = client.delete(EVENT).json()
    assert [id, replayed] == gone["instances"]
    assert (True, 1) == (gone["samples"] >= 1, gone["captured"])
    assert any("log" in words for words in gone["notDeleted"])
    assert "canary" not in rows(deployed)
    assert b"canary" not in b"".join(path.read_bytes() for path in (tmp_path / "payloads").rglob("*") if path.is_file())
    # The counts are still true, and the id is taken.
    deployed.services.observer.flush()
    counts = {each["outcome"]: each["count"] for each in client.get("/v1/deliveries").json()["deliveries"]}
    assert 1 == counts["changed"]
    starts = deployed.engine.starts
    same = [*kind[:1], *github(body, "d-canary")[1:]] if body.startswith(b"payload") else github(body, "d-canary")
    again = deliver(deployed, "github", body, same)
    assert True is again.get("duplicate"), again
    assert starts == deployed.engine.starts


def test_a_running_one_is_stopped_only_by_force(deployed: Deployment, client: Client) -> None:
    keeping(deployed)
    id = deliver(deployed, "github", PERSON, github(PERSON, "d-canary"))["instanceId"]
    assert (409, "conflict") == (client.delete(EVENT).status_code, client.delete(EVENT).json()["code"])
    assert 200 == client.get(f"/v1/deliveries/{id}").status_code
    assert [id] == client.delete(f"{EVENT}&force=true").json()["instances"]
    assert 404 == client.get(f"/v1/deliveries/{id}").status_code


def test_by_the_delivery_and_again(deployed: Deployment, client: Client) -> None:
    id = came(deployed)
    assert [id] == client.delete(f"/v1/deliveries/{id}").json()["instances"]
    assert "delivery-not-found" == client.delete(f"/v1/deliveries/{id}").json()["code"]
    assert [] == client.delete(EVENT).json()["instances"]
    assert "source-not-found" == client.delete("/v1/deliveries?source=none&eventId=x").json()["code"]


def test_other_events_stay(deployed: Deployment, client: Client) -> None:
    came(deployed)
    other = deliver(deployed, "github", b'{"n": 2}', github(b'{"n": 2}', "d-other"))["instanceId"]
    noticed(deployed)
    assert 0 == client.delete(EVENT).json()["captured"]
    assert 200 == client.get(f"/v1/deliveries/{other}").status_code
    shown: list[dict[str, Any]] = client.get("/v1/deliveries?outcome=rejected").json()["deliveries"]
    assert shown[0]["requestId"] == "r-github"


def test_a_captured_request_of_an_event_whose_id_begins_alike_stays(deployed: Deployment, client: Client) -> None:
    client.post("/v1/sources/github/captures", json={})
    noticed(deployed)
    for event in ("d-canary", "d-canary2", "x-d-canary"):
        deliver(deployed, "github", PERSON, github(PERSON, event, secret="another"))
    deployed.services.observer.flush()
    assert 1 == client.delete(EVENT).json()["captured"]


def test_what_was_begun_is_ended_by_the_next_call(
    deployed: Deployment, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop at each write of the ledger or its documents: the next call finds what is left."""
    for stop in range(1, 12):
        event = f"d-{stop}"
        keeping(deployed, keep="full")
        id = deliver(deployed, "github", PERSON, github(PERSON, event))["instanceId"]
        deployed.engine.finish(id, Progress("completed", "1"), deployed.services)
        client.post(f"/v1/deliveries/{id}/replay", json={"asNew": True})
        writes = 0
        with monkeypatch.context() as patched:
            for part, name in ((deployed.services.ledger, "amend"), (deployed.services.documents, "remove")):
                whole = getattr(part, name)

                def stopped(*given: Any, whole: Any = whole, stop: int = stop) -> Any:
                    nonlocal writes
                    writes += 1
                    if writes == stop:
                        raise RuntimeError("stopped")
                    return whole(*given)

                patched.setattr(part, name, stopped)
            with suppress(RuntimeError):
                client.delete(f"/v1/deliveries?source=github&eventId={event}&force=true")
        client.delete(f"/v1/deliveries?source=github&eventId={event}&force=true")
        assert event not in rows(deployed).replace(f"{event}0", "").replace(f"{event}1", "")
        (found,) = client.get(f"/v1/lookup?q={event}").json()["found"]
        assert (None, None, True) == (found["instance"], found["delivery"], bool(found["deletedAt"]))


def test_who_may(deployed: Deployment) -> None:
    id = came(deployed)
    assert 403 == deployed.client(deployed.make_key("deliveries:read", "instances:manage")).delete(EVENT).status_code
    bound = deployed.client(deployed.make_key("deliveries:delete", workflows=["order"]))
    assert "source-not-found" == bound.delete(EVENT).json()["code"]
    assert 404 == bound.delete(f"/v1/deliveries/{id}").status_code
    free = deployed.client(deployed.make_key("deliveries:delete", workflows=["free"]))
    assert [id] == free.delete(EVENT).json()["instances"]
