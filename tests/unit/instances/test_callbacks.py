"""Callbacks: what is sent, how it is signed, and when it is sent again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.instances import HOUR, NOW, NOW_S, an_instance
from tests.unit.bare import Heard, StandingClock, bare_services
from verihook.adapters.payloads.files import FilePayloads
from verihook.errors import PayloadsUnavailable, SignatureError
from verihook.instances import callbacks, payload
from verihook.model.delivery import Delivery
from verihook.model.instance import Instance, iso
from verihook.model.ports import Answer, Services
from verihook.request import Request
from verihook.senders import load_sender

DAY_MS = 24 * HOUR
URL = "https://receiver.example/ended"
KEY = b"k" * 32
ENDED = NOW - 1000


class Receiver:
    """A Caller whose far side answers as the test says."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.posts: list[tuple[str, bytes, Mapping[str, str]]] = []

    def check(self, url: str) -> None:
        raise AssertionError("the URL was checked when the instance was started")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.posts.append((url, body, headers))
        return self.answers.pop(0) if self.answers else Answer(204)


def ended(**fields: Any) -> Instance:
    basis = {"status": "completed", "output": '{"a":1}', "callback_url": URL, "updated_at": ENDED, "due_at": NOW}
    return an_instance(**(basis | fields))


def services_for(receiver: Receiver, **parts: Any) -> Services:
    return bare_services(caller=receiver, **parts)


def sent(instance: Instance, **parts: Any) -> Any:
    receiver = Receiver()
    callbacks.deliver(instance, services_for(receiver, **parts))
    ((_, body, _),) = receiver.posts
    return json.loads(body)


def test_the_end_of_an_instance_is_told_once() -> None:
    receiver, instance = Receiver(), ended(id="order-1")
    assert replace(instance, due_at=None) == callbacks.deliver(instance, services_for(receiver))
    ((url, body, headers),) = receiver.posts
    assert URL == url
    assert {
        "type": "instance.completed",
        "timestamp": iso(ENDED),
        "data": {
            "instanceId": "order-1",
            "workflow": "deploy",
            "status": "completed",
            "attempt": 1,
            "createdAt": iso(NOW),
            "output": {"a": 1},
        },
    } == json.loads(body)
    assert (f"msg_order-1_1_{ENDED}", str(NOW_S), "application/json") == (
        headers["webhook-id"],
        headers["webhook-timestamp"],
        headers["content-type"],
    )


def test_a_receiver_verifies_it_as_any_standard_webhook() -> None:
    receiver = Receiver()
    callbacks.deliver(ended(), services_for(receiver))
    ((_, body, headers),) = receiver.posts
    scheme = load_sender("standard-webhooks").scheme
    request = Request("POST", "/", "", tuple(headers.items()), body, "a-request")
    verify = scheme.bind((callbacks.callback_secret(KEY),))
    verify(request, NOW_S)
    with pytest.raises(SignatureError):
        verify(replace(request, body=body + b" "), NOW_S)
    with pytest.raises(SignatureError):
        scheme.bind((callbacks.callback_secret(b"another" * 5),))(request, NOW_S)


def test_the_secret_is_not_the_instance_key() -> None:
    secret = callbacks.callback_secret(KEY)
    assert secret == callbacks.callback_secret(KEY) != callbacks.callback_secret(KEY + b"k")
    assert secret.startswith("whsec_")
    assert 6 + 44 == len(secret)


@pytest.mark.parametrize("status", ["failed", "timed_out", "terminated"])
def test_other_ends_tell_their_error(status: str) -> None:
    told = sent(ended(status=status, output=None, error="NoStock", cause="sold out"))
    assert f"instance.{status}" == told["type"]
    assert {"code": "NoStock", "message": "sold out"} == told["data"]["error"]
    assert "output" not in told["data"]


@pytest.mark.parametrize("text", ["1E40", "0.10", "123456789012345678901234567890", '"\\ud800 é"', "null", "[]"])
def test_an_output_is_told_letter_by_letter(text: str) -> None:
    receiver = Receiver()
    callbacks.deliver(ended(output=text), services_for(receiver))
    ((_, body, _),) = receiver.posts
    assert body.endswith(f',"output":{text}}}}}'.encode())


def test_the_receiver_gets_the_trace_that_the_instance_belongs_to() -> None:
    trace, receiver = f"00-{'a1' * 16}-{'b2' * 8}-01", Receiver()
    callbacks.deliver(ended(delivery=Delivery(None, {"traceparent": trace, "x-region": "eu"})), services_for(receiver))
    callbacks.deliver(ended(delivery=Delivery(None, {"x-region": "eu"})), services_for(receiver))
    callbacks.deliver(ended(), services_for(receiver))
    assert [trace, None, None] == [headers.get("traceparent") for _, _, headers in receiver.posts]
    assert not any("x-region" in headers for _, _, headers in receiver.posts)


def test_words_that_are_no_json_are_a_string() -> None:
    assert 'NaN, "not" JSON' == sent(ended(output='NaN, "not" JSON'))["data"]["output"]


def test_a_kept_output_is_told_whole_and_a_large_one_is_not(tmp_path: Path) -> None:
    payloads = FilePayloads(tmp_path)
    text = json.dumps("x" * (callbacks.MAX_OUTPUT - 2))
    kept = ended(id="a", output=payload.store_if_large(text, None, "a", 1000, payloads))
    assert json.loads(text) == sent(kept, payloads=payloads)["data"]["output"]
    text = json.dumps("x" * (callbacks.MAX_OUTPUT - 1))
    large = sent(ended(id="a", output=payload.store_if_large(text, None, "a", 1000, payloads)), payloads=payloads)[
        "data"
    ]
    assert large["outputTooLarge"] is True
    assert "output" not in large
    payloads.remove_all("a")
    assert "output" not in sent(kept, payloads=payloads)["data"]


def test_a_store_that_is_down_is_a_try_in_vain(tmp_path: Path) -> None:
    payloads = FilePayloads(tmp_path)
    instance = ended(id="a", output=payload.store_if_large('"' + "x" * 2000 + '"', None, "a", 1000, payloads))
    key = payload.key_of(instance.output) or ""
    payloads.remove_all("a")
    (tmp_path / key).mkdir(parents=True)
    receiver, heard = Receiver(), Heard()
    following = callbacks.deliver(instance, services_for(receiver, payloads=payloads, telemetry=heard))
    assert [] == receiver.posts
    assert 1 == following.callback_tries
    assert following.due_at is not None
    assert isinstance(heard.failures[0][1], PayloadsUnavailable)


def test_it_is_tried_for_three_days_and_then_given_up() -> None:
    """The same id and body on every try, a signature of its own; then the log says that it was given up."""
    clock, heard, receiver = StandingClock(), Heard(), Receiver(*[Answer(500), Answer(0)] * 10)
    services = services_for(receiver, clock=clock, telemetry=heard)
    instance, pauses = ended(), []
    while instance.due_at is not None:
        assert [] == heard.failures
        instance = callbacks.deliver(instance, services)
        if instance.due_at is not None:
            pauses.append(instance.due_at - clock.at)
            clock.at = instance.due_at
    assert 10 == instance.callback_tries == len(receiver.posts)
    assert all(least <= pause <= least * 1.1 for least, pause in zip(callbacks.RETRIES_MS, pauses, strict=True))
    assert 3 * DAY_MS < sum(pauses) < 4 * DAY_MS
    assert 1 == len({(body, headers["webhook-id"]) for _, body, headers in receiver.posts})
    assert 10 == len({headers["webhook-signature"] for _, _, headers in receiver.posts})
    ((where, error),) = heard.failures
    assert f"callback {instance.id}" == where
    assert "status none, 10 tries; given up" in str(error)


@pytest.mark.parametrize("status", [0, 100, 199, 301, 302, 307, 400, 401, 404, 409, 429, 500, 503, 599])
def test_what_is_not_taken_is_told_again(status: int) -> None:
    following = callbacks.deliver(ended(), services_for(Receiver(Answer(status))))
    assert (1, True) == (following.callback_tries, following.due_at is not None)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_what_is_taken_is_not(status: int) -> None:
    following = callbacks.deliver(ended(callback_tries=3), services_for(Receiver(Answer(status))))
    assert (3, None) == (following.callback_tries, following.due_at)


def test_gone_is_gone() -> None:
    heard = Heard()
    following = callbacks.deliver(ended(), services_for(Receiver(Answer(410)), telemetry=heard))
    assert (1, None) == (following.callback_tries, following.due_at)
    assert 1 == len(heard.failures)


@pytest.mark.parametrize(
    ("asked_s", "least", "most"),
    [(None, 5_000, 5_500), (0, 5_000, 5_500), (1, 5_000, 5_500), (60, 60_000, 60_500), (10**9, DAY_MS, DAY_MS + 500)],
)
def test_retry_after_puts_it_off_within_bounds(asked_s: int | None, least: int, most: int) -> None:
    following = callbacks.deliver(ended(), services_for(Receiver(Answer(429, asked_s))))
    assert following.due_at is not None
    assert least <= following.due_at - NOW <= most


def test_those_that_ended_together_do_not_all_come_again_together() -> None:
    services = services_for(Receiver(*[Answer(500)] * 50))
    times = {callbacks.deliver(ended(id=f"i{number}"), services).due_at for number in range(50)}
    assert 25 < len(times)


def test_each_attempt_has_an_id_of_its_own() -> None:
    ids = {
        callbacks.sign(ended(id=instance_id, attempt=attempt), b"", KEY, NOW).headers["webhook-id"]
        for instance_id in ("a", "a_1", "a_1_2")
        for attempt in (1, 2, 12)
    }
    assert 9 == len(ids)


def test_without_a_url_nothing_is_told() -> None:
    receiver = Receiver()
    assert callbacks.deliver(ended(callback_url=None), services_for(receiver)).due_at is None
    assert [] == receiver.posts
