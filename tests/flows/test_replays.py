"""A captured delivery of GitHub, sent again under another X-GitHub-Delivery, which GitHub does not sign."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.flows.commands import verihook
from tests.flows.conftest import AwsFace, LocalFace
from tests.flows.faces import Answer, Face
from tests.flows.signing import github, new_id, order
from tests.flows.waiting import wait_until


def sent(face: Face, source: str, body: bytes, event: str) -> Answer:
    return face.send("POST", f"/hooks/{source}", github(body, event), body)


@pytest.mark.parametrize("source", ["github", "forms"])
def test_it_starts_under_its_own_id_and_passes_again(face: Face, source: str) -> None:
    body, events = order(), (new_id(), new_id())
    first, second = (sent_as(face, source, body, event) for event in events)
    assert first.json["instanceId"] != second.json["instanceId"]
    for event, before in zip(events, (first, second), strict=True):
        again = sent_as(face, source, body, event)
        assert (before.json["instanceId"], True) == (again.json["instanceId"], again.json["duplicate"])


def sent_as(face: Face, source: str, body: bytes, event: str) -> Answer:
    """The tests' source ``forms`` has a secret of its own."""
    secret = {"secret": "s3cret"} if source == "forms" else {}
    answer = face.send("POST", f"/hooks/{source}", github(body, event, **secret), body)
    assert 200 == answer.status
    return answer


def test_a_captured_delivery_under_another_id_is_counted_and_named(local_face: LocalFace) -> None:
    body = order()
    first, second = (sent(local_face, "github", body, new_id()).json["instanceId"] for _ in range(2))
    assert first == local_face.ask(f"/v1/instances/{second}").json["replayOf"]
    assert local_face.ask(f"/v1/instances/{first}").json["replayOf"] is None
    assert first not in local_face.send("GET", f"/?instanceId={second}", []).body.decode()

    def listed() -> bool:
        told = verihook("rejections", "--source", "github", "--json", "--data", str(local_face.data)).stdout
        return sum(row["count"] for row in json.loads(told).get("replayed", [])) >= 1

    wait_until(listed, what="it was not counted")
    shown = verihook("rejections", "--source", "github", "--data", str(local_face.data)).stdout
    assert "had the signed bytes of an earlier one under another event id" in shown


def test_it_is_refused_where_the_source_says_so(face: Face, rows: Callable[[], int]) -> None:
    body, event = order(), new_id()
    first = sent(face, "guarded", body, event)
    assert 200 == first.status
    before = rows()
    for _ in range(3):
        refused = sent(face, "guarded", body, new_id())
        assert (409, "duplicate") == (refused.status, refused.json["code"])
        assert first.json["instanceId"] in refused.json["detail"]
    assert before == rows()
    again = sent(face, "guarded", body, event)
    assert (200, True) == (again.status, again.json["duplicate"])
    # Other bytes are another event.
    assert 200 == sent(face, "guarded", order(), new_id()).status


def test_a_metric_has_it(aws_face: AwsFace, capsys: pytest.CaptureFixture[str]) -> None:
    body = order()
    first = sent(aws_face, "github", body, new_id())
    capsys.readouterr()
    sent(aws_face, "github", body, new_id())
    record = json.loads(capsys.readouterr().out)
    assert ([1.0], [1.0]) == (record["Accepted"], record["Replayed"])
    assert first.json["instanceId"] == record["delivery"]["replay_of"]
