"""Bodies at each edge, one byte below and above: what is inline, what is kept as a payload, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows.conftest import AwsFace, LocalFace
from tests.flows.faces import Face, wait_for
from tests.flows.signing import new_id, x_signature
from verihook import main
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.instances import payload
from verihook.model.instance import Instance
from verihook.model.ports import MAX_INLINE

#: The default of a source, and the most that one can allow.
DEFAULT, MOST = 1_048_576, 6_000_000


def sized(size: int, **fields: Any) -> bytes:
    """An order of so many bytes, whose last item counts: a reader of only a part of it comes to another total."""
    content = {
        "id": new_id(),
        "type": "order.created",
        "orderId": "ord_large",
        "note": "",
        **fields,
        "items": [{"productId": "a", "quantity": 2, "price": 10}],
    }
    room = size - len(json.dumps(content))
    body = json.dumps({**content, "note": "x" * room}).encode()
    assert len(body) == size
    return body


def row_of(face: Face, instance_id: str) -> Instance:
    if isinstance(face, AwsFace):
        found = main.services().ledger.get(instance_id, 0)
    else:
        assert isinstance(face, LocalFace)
        with SqliteFile(face.data / "ledger.db", read_only=True) as file:
            found = SqliteLedger(file).get(instance_id, 0)
    assert found is not None
    return found


def kept(face: Face, row: Instance) -> bool:
    """Whether its input is a payload; then it is there under its digest."""
    key = payload.key_of(row.input)
    if key is None:
        return False
    if isinstance(face, AwsFace):
        return face.bucket.read("payloads", key) is not None
    assert isinstance(face, LocalFace)
    return (face.data / "payloads" / key).exists()


@pytest.mark.parametrize("size", [MAX_INLINE - 1, MAX_INLINE, MAX_INLINE + 1, DEFAULT - 1, DEFAULT])
def test_a_state_machine_gets_all_of_it(face: Face, size: int) -> None:
    body = sized(size)
    answer = face.send("POST", "/hooks/orders", x_signature(body), body)
    assert (200, False) == (answer.status, answer.json["duplicate"])
    row = row_of(face, answer.json["instanceId"])
    assert (size > MAX_INLINE) == kept(face, row)
    again = face.send("POST", "/hooks/orders", x_signature(body), body)
    assert (200, True) == (again.status, again.json["duplicate"])
    status = wait_for(face, answer.json["instanceId"], timeout=60)
    assert "completed" == status["status"], status
    assert {"orderId": "ord_large", "total": 20, "tax": 1.6} == status["output"]


@pytest.mark.parametrize("size", [MAX_INLINE + 1, DEFAULT + 1, MOST - 1, MOST])
@pytest.mark.parametrize("source", ["logged", "approved"])
def test_a_function_and_a_durable_function_get_all_of_it(local_face: LocalFace, source: str, size: int) -> None:
    body = sized(size, amount=20, timeoutSeconds=1)
    answer = local_face.send("POST", f"/hooks/{source}", x_signature(body), body)
    assert 200 == answer.status, answer.body
    assert kept(local_face, row_of(local_face, answer.json["instanceId"]))
    status = wait_for(local_face, answer.json["instanceId"], timeout=60)
    assert ("completed", "ord_large") == (status["status"], status["output"]["orderId"]), status
    if source == "logged":
        assert (1, 2.0, 20.0) == tuple(status["output"][name] for name in ("lines", "units", "total"))


@pytest.mark.parametrize(("source", "size"), [("orders", DEFAULT + 1), ("logged", MOST + 1)])
def test_above_it_is_refused(face: Face, source: str, size: int) -> None:
    body = sized(size)
    answer = face.send("POST", f"/hooks/{source}", x_signature(body), body)
    assert (413, "body-too-large") == (answer.status, answer.json["code"])


def test_a_reference_that_a_sender_made_up_is_content(face: Face) -> None:
    """It is kept as a payload itself, so no sender's words are taken for a reference of ours."""
    made_up = {"verihookPayload": {"uri": "s3://other/a/b", "bucket": "other", "key": "a/b", "sha256": "0", "size": 1}}
    body = json.dumps({"id": new_id(), "type": "order.created", "orderId": "ord_1", "items": [], **made_up}).encode()
    answer = face.send("POST", "/hooks/orders", x_signature(body), body)
    row = row_of(face, answer.json["instanceId"])
    assert kept(face, row)
    assert "completed" == wait_for(face, row.id)["status"]


def test_of_a_large_one_the_ledger_has_the_reference_alone(face: Face) -> None:
    body = sized(DEFAULT)
    answer = face.send("POST", "/hooks/orders", x_signature(body), body)
    reference = json.loads(row_of(face, answer.json["instanceId"]).input)["verihookPayload"]
    assert {"uri", "bucket", "key", "sha256", "size"} == set(reference)
    assert DEFAULT == reference["size"]
