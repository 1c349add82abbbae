"""The entries of sources in AWS: what Lambda answers, by our own client and by boto3's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.boto_clients import loopback_client
from tests.direct_clients import direct
from tests.forwarding import Answer, Handler, Listener, Request
from tests.unit.working import Told
from verihook.adapters.aws.service import Patience
from verihook.adapters.entry_function import PATIENCE, EntryFunction, entries_of
from verihook.errors import NotConfigured
from verihook.model import deadline
from verihook.model.ports import EntryFailed, EntryTimeout

ANSWER = b'{"ignore":"why"}'


@contextmanager
def answering(answer: Answer, after_s: float = 0) -> Iterator[tuple[str, list[Request]]]:
    asked: list[Request] = []

    class Lambda(Handler):
        def serve(self, request: Request) -> Answer:
            asked.append(request)
            time.sleep(after_s)
            return answer

    with Listener(Lambda) as listener:
        yield listener.url, asked


@pytest.fixture(params=["direct", "boto3"])
def client(request: pytest.FixtureRequest) -> Any:
    def of(url: str) -> Any:
        if request.param == "boto3":
            return loopback_client("lambda", url, **PATIENCE)
        return direct({"AWS_ENDPOINT_URL": url}).client("lambda", Patience(PATIENCE["read_timeout"], 1))

    return of


def test_a_call_and_its_answer_pass_as_they_are(client: Any) -> None:
    with answering(Answer(200, {}, ANSWER)) as (url, asked):
        assert ANSWER == EntryFunction(client(url), "the-entries").ask(b'{"entry":"a:b"}', 1.5)
    assert [("/2015-03-31/functions/the-entries/invocations", b'{"entry":"a:b"}')] == [
        (each.path, each.body) for each in asked
    ]


def test_a_function_that_ended_did_not_decide(client: Any) -> None:
    headers = {"x-amz-function-error": "Unhandled"}
    for content, words in (
        (b'{"errorMessage": "RequestId: 1 Error: out of memory"}', "its function ended: RequestId: 1 Error: out of"),
        (b"[]", "Lambda does not say why"),
        (b"not json", "Lambda does not say why"),
    ):
        with answering(Answer(200, headers, content)) as (url, _), pytest.raises(EntryFailed) as caught:
            EntryFunction(client(url), "f").ask(b"{}", 1.5)
        assert words in caught.value.words


def test_a_refusal_of_lambda_is_named_and_asked_once(client: Any) -> None:
    answer = Answer(429, {"x-amzn-errortype": "TooManyRequestsException"}, b'{"message": "slow down"}')
    with answering(answer) as (url, asked), pytest.raises(EntryFailed, match="could not decide") as caught:
        EntryFunction(client(url), "f").ask(b"{}", 1.5)
    assert ("Lambda did not run it: TooManyRequestsException", 1) == (caught.value.words, len(asked))


def test_it_is_not_waited_for_longer_than_there_is_time() -> None:
    """By our own client, which those that a sender waits for have."""
    with answering(Answer(200, {}, ANSWER), after_s=5) as (url, asked):
        entries = EntryFunction(direct({"AWS_ENDPOINT_URL": url}).client("lambda", Patience(3, 1)), "f")
        begun = time.monotonic()
        now = time.time_ns() // 1_000_000
        with (
            deadline.within(3000, now, lambda: time.time_ns() // 1_000_000),
            pytest.raises(EntryTimeout, match="could not decide") as caught,
        ):
            entries.ask(b"{}", 0.3)
        assert time.monotonic() - begun < 2
    assert ("it did not return within 0.30 seconds", 1) == (caught.value.words, len(asked))


def test_an_address_at_which_none_listens_is_a_failure(client: Any) -> None:
    with answering(Answer(200, {}, ANSWER)) as (url, _):
        pass
    with pytest.raises(EntryFailed) as caught:
        EntryFunction(client(url), "f").ask(b"{}", 1.5)
    assert "Lambda did not answer" == caught.value.words


def test_without_a_function_no_entry_runs_and_the_log_says_so() -> None:
    told = Told()
    with pytest.raises(NotConfigured):
        entries_of("", pytest.fail, told).ask(b"{}", 1)
    ((where, error),) = told.failures
    assert ("start", "hooks.toml: entry: sources have an entry, and no function runs them: deploy with") == (
        where,
        str(error).partition(" the parameter")[0],
    )
