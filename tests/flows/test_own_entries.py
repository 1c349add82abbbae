"""A source with an entry of its own: the operator's code decides, bounded in time and failure, without our keys."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.flows.deployment import SECRET, VARIABLES, write
from tests.flows.faces import Answer, HttpFace, Server, serving, wait_for
from tests.flows.own_entry import ENTRY, HOOKS
from tests.flows.signing import new_id, x_signature
from tests.flows.waiting import wait_until
from verihook.local.confinement import version


def body_of(do: str, event_id: str | None = None, **more: Any) -> bytes:
    return json.dumps({"id": event_id or new_id(), "type": "order.created", "do": do, **more}).encode()


def deliver(server: Server, body: bytes, target: str = "/hooks/shop", *more: tuple[str, str]) -> Answer:
    """The answer; a process that is new may take longer than a sender waits, who then delivers again."""

    def answered() -> Answer | None:
        answer = HttpFace(server.url).send("POST", target, [*x_signature(body), *more], body)
        late = answer.status == 503 and answer.json["code"] == "entry-timeout" and b'"hangs"' not in body
        return None if late else answer

    return wait_until(answered, what="the entry was never in time")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("entries")
    hooks = write(folder)
    hooks.write_text(hooks.read_text() + HOOKS)
    (hooks.parent / "workflows" / "shop_entry.py").write_text(ENTRY)
    made = Server(folder / "data", VARIABLES, "--hooks", str(hooks))
    try:
        made.ready()
        yield made
    finally:
        made.stop()


def line_of(server: Server, text: str) -> str:
    def said() -> str | None:
        return next((line for line in server.output.read_text().splitlines() if text in line), None)

    return wait_until(said, what=f"there was no line with {text!r}")


def test_a_dict_is_the_input(server: Server) -> None:
    answer = deliver(server, body_of("plain", "order-7"))
    assert (200, False) == (answer.status, answer.json["duplicate"])
    row = wait_for(HttpFace(server.url), answer.json["instanceId"])
    assert ("completed", "order-7", 20.0) == (row["status"], row["output"]["orderId"], row["output"]["total"])
    again = deliver(server, body_of("plain", "order-7"))
    assert (answer.json["instanceId"], True) == (again.json["instanceId"], again.json["duplicate"])


def test_none_and_ignore_start_nothing(server: Server) -> None:
    for do, reason in (("none", "the entry returned None"), ("ignore", "only a test")):
        event = new_id()
        answer = deliver(server, body_of(do, event))
        assert (200, {"ignored": "order.created"}) == (answer.status, answer.json)
        assert "ignored order.created (" in (line := line_of(server, f"event {event}"))
        assert f": entry: {reason}" in line
    # Filters come first: the entry is not asked, and would raise.
    body = json.dumps({"id": new_id(), "type": "invoice.paid"}).encode()
    assert {"ignored": "invoice.paid"} == deliver(server, body).json


def test_a_reply_is_what_the_sender_gets(server: Server) -> None:
    body = body_of("told", event := new_id())
    hidden = [("Authorization", "Bearer s"), ("Cookie", "a=b"), ("X-Api-Key", "k"), ("X-Session", "t")]
    answer = deliver(server, body, "/hooks/shop?a=%20b", ("X-Shop", "one"), ("X-Shop", "two"), *hidden)
    assert (200, "application/json", "no-store") == (
        answer.status,
        answer.headers["content-type"],
        answer.headers["cache-control"],
    )
    told = answer.json
    headers = told.pop("headers")
    assert {
        "method": "POST",
        "path": "/hooks/shop",
        "query": "a=%20b",
        "body": body.decode(),
        "event": ["shop", event, "order.created"],
    } == told
    assert ("one", "application/json") == (headers["x-shop"], headers["content-type"])
    assert not {"authorization", "cookie", "x-api-key", "x-session", "x-signature"} & headers.keys()
    refused = deliver(server, body_of("refuse", event := new_id()))
    assert (403, b"no\n", "max-age=1") == (refused.status, refused.body, refused.headers["cache-control"])
    assert "403 shop rejected entry-refused" in line_of(server, f"event {event}")


def test_a_start_can_have_a_reply(server: Server) -> None:
    body = body_of("both")
    answer, again = deliver(server, body), deliver(server, body)
    assert (200, b"<Response/>", "text/xml") == (answer.status, answer.body, answer.headers["content-type"])
    assert (answer.body, answer.headers["location"]) == (again.body, again.headers["location"])
    instance = answer.headers["location"].removeprefix("/?instanceId=")
    assert "completed" == wait_for(HttpFace(server.url), instance)["status"]


def test_a_reply_has_no_form_but_its_own(server: Server) -> None:
    """The sender wants 204 without a body, and 410 for 400; that is for our answers."""
    assert (204, b"") == ((ours := deliver(server, body_of("plain"), "/hooks/picky")).status, ours.body)
    for do, status, body in (("both", 200, b"<Response/>"), ("bad", 400, b"no")):
        answer = deliver(server, body_of(do), "/hooks/picky")
        assert (status, body) == (answer.status, answer.body)


@pytest.mark.parametrize(
    ("do", "words"),
    [
        ("raises", "ValueError: the secret plan (shop_entry.py, line "),
        ("wrong", "a reply has no header 'x-evil'"),
        ("split", "the header content-type of a reply is printable ASCII"),
        ("not_json", "TypeError: Object of type object is not JSON serializable"),
        ("large", "an entry returns at most 1048576 bytes of JSON"),
        ("leaves", "SystemExit: 3 (shop_entry.py, line "),
        ("dies", "its process has ended with 7"),
        ("swallows", "MemoryError"),
        ("nope", "KeyError: 'nope'"),
    ],
)
def test_a_failure_is_answered_503_and_the_log_says_why(server: Server, do: str, words: str) -> None:
    event = new_id()
    answer = deliver(server, body_of(do, event))
    assert (503, "entry-failed", "5") == (answer.status, answer.json["code"], answer.headers["retry-after"])
    assert b"secret plan" not in answer.body
    assert b"shop_entry" not in answer.body
    line = line_of(server, f"event {event}")
    assert "503 shop unavailable entry-failed order.created" in line
    assert ": entry shop_entry:decide: " in line
    assert words in line
    # The next delivery has an entry that works, and the event itself was not remembered.
    assert 200 == deliver(server, body_of("plain", event)).status


def test_the_log_has_the_stack_of_an_entry(server: Server) -> None:
    deliver(server, body_of("raises", mark := new_id()))
    line_of(server, f"event {mark}")
    at = line_of(server, "raise ValueError")
    assert "shop_entry.py" in at
    assert "in raises: " in at
    assert "about to fail" in line_of(server, "about to fail")


def test_an_entry_that_hangs_is_killed_with_what_it_has_started(server: Server) -> None:
    begun = time.monotonic()
    answer = deliver(server, body_of("hangs", event := new_id()))
    took = time.monotonic() - begun
    assert (503, "entry-timeout") == (answer.status, answer.json["code"])
    assert took < 10, took
    assert "503 shop unavailable entry-timeout" in line_of(server, f" event {event}")
    pids = line_of(server, f"pids of {event}").rpartition(": ")[2].split()
    assert 2 == len(pids)
    for pid in map(int, pids):
        wait_until(partial(ended, pid), what=f"{pid} lives on")
    assert 200 == deliver(server, body_of("plain")).status


def ended(pid: int) -> bool:
    try:
        # A zombie has ended, too.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def test_an_entry_has_nothing_of_ours(server: Server) -> None:
    seen = deliver(server, body_of("sees")).json
    assert {"PATH", "LANG", "TZ"} >= seen["variables"].keys() - {"LC_CTYPE"}
    data = str(server.data)
    assert [] == seen["files"]
    assert not any(SECRET in each or data in each for each in seen["arguments"])


def test_an_entry_opens_none_of_our_files(server: Server) -> None:
    """The server is the same user, and what it may open is not the entry's."""
    hooks = server.data.parent / "handler" / "hooks.toml"
    paths = [server.data / "run.json", server.data, hooks, hooks.parent, f"/proc/{server.process.pid}/environ"]
    seen = deliver(server, body_of("opens", paths=[str(path) for path in paths])).json
    if version() < 1:
        pytest.skip("this system has no Landlock")
    assert hooks.is_file()
    scoped = {"signal": "PermissionError"} if version() >= 6 else {"signal": seen["signal"]}
    assert dict.fromkeys(map(str, paths), "PermissionError") | scoped == seen


def test_another_input_of_the_same_body_is_no_change(server: Server) -> None:
    body = json.dumps({"id": (event := new_id()), "type": "order.created"}).encode()
    first, again = (deliver(server, body, "/hooks/strict") for _ in range(2))
    assert (200, True) == (again.status, again.json["duplicate"])
    assert first.json["instanceId"] == again.json["instanceId"]
    other = json.dumps({"id": event, "type": "order.created", "more": 1}).encode()
    assert (409, "duplicate") == ((answer := deliver(server, other, "/hooks/strict")).status, answer.json["code"])


def test_no_process_outlives_the_server(tmp_path: Path) -> None:
    hooks = write(tmp_path)
    hooks.write_text(hooks.read_text() + HOOKS)
    (hooks.parent / "workflows" / "shop_entry.py").write_text(ENTRY)
    with serving(tmp_path / "data", VARIABLES, "--hooks", str(hooks)) as server:
        stopped = deliver(server, body_of("sees")).json["pid"]
    wait_until(lambda: ended(stopped), what="the process lives on after a stop")
    server = Server(tmp_path / "data", VARIABLES, "--hooks", str(hooks))
    try:
        server.ready()
        killed = deliver(server, body_of("sees")).json["pid"]
        os.kill(server.process.pid, signal.SIGKILL)
        wait_until(lambda: ended(killed), what="the process lives on after kill -9")
    finally:
        server.kill_if_running()
