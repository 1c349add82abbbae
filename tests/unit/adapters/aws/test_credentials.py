"""Credentials of the environment, and of the URL that SnapStart puts there, before and after their end."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.flows.waiting import within
from tests.unit.adapters.aws.scripted import Act, Scripted, answer, both, hang_up, stall
from verihook.adapters.aws.credentials import Credentials
from verihook.adapters.aws.errors import Unreachable
from verihook.adapters.aws.signature import Keys


def told(access: str, seconds: float, **members: Any) -> Act:
    """Credentials that end in so many seconds."""
    ends = datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return answer({"AccessKeyId": access, "SecretAccessKey": "s", "Token": "t", "Expiration": ends, **members})


def at(server: Scripted, **variables: str) -> Credentials:
    uri = f"{server.url}/v1/credentials?a=b"
    return Credentials({"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, **variables})


def test_those_of_the_environment_are_read_at_every_call() -> None:
    variables = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c"}
    credentials = Credentials(variables)
    assert Keys("a", "b", "c") == credentials.keys()
    variables.update(AWS_ACCESS_KEY_ID="d", AWS_SESSION_TOKEN="")
    assert Keys("d", "b", "") == credentials.keys()


def test_there_are_none() -> None:
    with pytest.raises(Unreachable, match="set AWS_ACCESS_KEY_ID"):
        Credentials({}).keys()


def test_those_of_the_url_are_asked_for_once() -> None:
    with Scripted(told("first", 3600)) as server:
        credentials = at(server, AWS_CONTAINER_AUTHORIZATION_TOKEN="a-token")
        assert [Keys("first", "s", "t")] * 3 == [credentials.keys() for _ in range(3)]
    head = server.requests[0].decode()
    assert head.startswith("GET /v1/credentials?a=b HTTP/1.1\r\n")
    assert "\r\nauthorization: a-token\r\n" in head


def test_the_token_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of-a-file\n")
    with Scripted(told("first", 3600)) as server:
        at(server, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "token")).keys()
    assert b"\r\nauthorization: of-a-file\r\n" in server.requests[0]


def test_they_are_renewed_before_their_end() -> None:
    with Scripted(told("first", 299), told("second", 3600)) as server:
        credentials = at(server)
        assert "first" == credentials.keys().access
        credentials._next = 0.0  # five seconds later
        assert ["second", "second"] == [credentials.keys().access for _ in range(2)]


@pytest.mark.parametrize(
    "trouble", [hang_up, answer("<html>", 500), answer({}), answer("[]"), told("x", 9, Expiration="x")]
)
def test_those_at_hand_serve_while_there_are_no_new_ones(trouble: Act) -> None:
    with Scripted(told("first", 60), trouble, told("second", 3600)) as server:
        credentials = at(server)
        credentials.keys()
        credentials._next = 0.0
        # The second time it is not asked again at once.
        assert ["first", "first"] == [credentials.keys().access for _ in range(2)]
        assert 2 == len(server.requests)
        credentials._next = 0.0
        assert "second" == credentials.keys().access


@pytest.mark.parametrize("trouble", [hang_up, answer("<html>", 500), answer({})])
def test_after_their_end_they_serve_no_more(trouble: Act) -> None:
    with Scripted(told("first", -1), trouble) as server:
        credentials = at(server)
        assert "first" == credentials.keys().access
        with pytest.raises(Unreachable, match="could not be had"):
            credentials.keys()


def test_a_url_that_does_not_answer_is_not_waited_for() -> None:
    def give_up() -> None:
        with Scripted(stall) as server, pytest.raises(Unreachable):
            at(server).keys()

    within(2, give_up)


def test_many_threads_ask_once() -> None:
    with Scripted(both(lambda _: time.sleep(0.1), told("first", 3600))) as server:
        credentials = at(server)
        with ThreadPoolExecutor(8) as pool:
            assert {"first"} == {keys.access for keys in pool.map(lambda _: credentials.keys(), range(32))}
        assert 1 == len(server.requests)


def test_after_a_snapshot_they_are_asked_for_again() -> None:
    with Scripted(told("first", 3600), told("second", 3600)) as server:
        credentials = at(server)
        credentials.keys()
        credentials.forget()
        assert "second" == credentials.keys().access


@pytest.mark.parametrize("uri", ["http://example.com/", "https://example.com/", "ftp://127.0.0.1/"])
def test_they_are_asked_for_on_this_machine_alone(uri: str) -> None:
    with pytest.raises(Unreachable, match=r"must be http:// and one of 127\.0\.0\.1"):
        Credentials({"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri}).keys()


def test_a_token_with_a_line_break_is_not_sent() -> None:
    with Scripted() as server, pytest.raises(Unreachable, match="line break"):
        at(server, AWS_CONTAINER_AUTHORIZATION_TOKEN="a\r\nx: y").keys()
