"""The processes that run entries: bounded in time and number, killed and replaced, and with nothing of ours."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.flows.own_entry import ENTRY
from tests.flows.test_own_entries import ended
from tests.flows.waiting import wait_until
from verihook.config import load_hooks
from verihook.errors import ConfigurationError
from verihook.local import entry_processes
from verihook.local.confinement import version
from verihook.local.entry_processes import PROCESSES, EntryProcesses
from verihook.model.entry import EntryEvent, EntryRequest, Reply, Start
from verihook.model.entry_wire import Failure, call_of, read_decision
from verihook.model.ports import EntryFailed, EntryTimeout

HOOKS = """
[workflows.w]
engine = "function"
definition = "w"

[sources.shop]
sender = "generic"
secrets = ["env:S"]
workflow = "w"
entry = "shop_entry:decide"
"""


def processes(folder: Path, code: str = ENTRY) -> EntryProcesses:
    (folder / "workflows").mkdir()
    (folder / "workflows" / "shop_entry.py").write_text(code)
    (folder / "hooks.toml").write_text(HOOKS)
    (folder / "other.secret").write_text("s3cret")
    return EntryProcesses(load_hooks(folder / "hooks.toml"))


@pytest.fixture
def entries(tmp_path: Path) -> Iterator[EntryProcesses]:
    with processes(tmp_path) as made:
        yield made


def ask(entries: EntryProcesses, do: str, seconds: float = 20, **more: Any) -> Any:
    text = json.dumps({"do": do, "id": "e", **more})
    request = EntryRequest("POST", "/hooks/shop", "", {}, text.encode(), EntryEvent(None, "shop", "e", "t"))
    decision = read_decision(entries.ask(call_of("shop_entry:decide", request, text, "r"), seconds))
    return json.loads(decision.body) if isinstance(decision, Reply) else decision


def test_one_process_is_kept(entries: EntryProcesses) -> None:
    assert ask(entries, "sees")["pid"] == ask(entries, "sees")["pid"] != os.getpid()


def test_one_that_hangs_is_killed_with_what_it_has_started(
    entries: EntryProcesses, caplog: pytest.LogCaptureFixture
) -> None:
    # Enough for a process that is warm.
    ask(entries, "sees")
    with pytest.raises(EntryTimeout) as caught:
        ask(entries, "hangs", 1.5)
    assert caught.value.words.endswith("seconds; its process was killed")
    line = wait_until(lambda: next((each for each in caplog.messages if each.startswith("pids of e: ")), None))
    pids = [int(pid) for pid in line.removeprefix("pids of e: ").split()]
    assert 2 == len(pids)
    for pid in pids:
        wait_until(partial(ended, pid), 10, f"{pid} lives on")
    assert isinstance(ask(entries, "plain"), Start)


def test_one_that_ends_is_replaced(entries: EntryProcesses) -> None:
    with pytest.raises(EntryFailed, match="could not decide") as caught:
        ask(entries, "dies")
    assert "its process has ended with 7" == caught.value.words
    assert isinstance(ask(entries, "plain"), Start)


def test_one_that_forks_answers_each_call_once(entries: EntryProcesses) -> None:
    for id in "abc":
        assert Start({"of": id}) == ask(entries, "forks", id=id)


def test_no_answer_is_taken_for_that_of_another_call(entries: EntryProcesses) -> None:
    with pytest.raises(EntryFailed) as caught:
        ask(entries, "forges", id="a")
    assert "its process has answered another delivery; it was killed" == caught.value.words
    assert Start({"orderId": "b", "items": [{"quantity": 2, "price": 10}]}) == ask(entries, "plain", id="b")


def test_memory_is_bounded(entries: EntryProcesses) -> None:
    failure = ask(entries, "swallows")
    assert isinstance(failure, Failure)
    assert failure.words.startswith("MemoryError")


def hang(entries: EntryProcesses) -> None:
    with pytest.raises(EntryTimeout):
        ask(entries, "hangs", 3.0)


def test_no_more_run_at_once_than_there_is_room_for(entries: EntryProcesses) -> None:
    asking = [threading.Thread(target=hang, args=(entries,)) for _ in range(PROCESSES)]
    for each in asking:
        each.start()
    wait_until(lambda: entries._room._value == 0, what="there was room left")
    with pytest.raises(EntryTimeout) as caught:
        ask(entries, "plain", 0.05)
    assert f"{PROCESSES} entries were running; it was not asked within 0.05 seconds" == caught.value.words
    for each in asking:
        each.join()


def test_it_has_nothing_of_ours(entries: EntryProcesses, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ORDERS_WEBHOOK_SECRET", "s3cret")
    with (tmp_path / "open").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        with pytest.raises(EntryFailed):
            ask(entries, "dies")
        seen = ask(entries, "sees")
    assert {"PATH", "LANG", "TZ"} >= seen["variables"].keys() - {"LC_CTYPE"}
    assert [] == seen["files"]
    assert not any("s3cret" in each for each in seen["arguments"])


def test_it_opens_none_of_our_files(entries: EntryProcesses, tmp_path: Path) -> None:
    if version() < 1:
        pytest.skip("this system has no Landlock")
    paths = [
        str(tmp_path / "other.secret"),
        str(tmp_path / "hooks.toml"),
        str(tmp_path),
        f"/proc/{os.getpid()}/environ",
    ]
    seen = ask(entries, "opens", paths=paths)
    assert dict.fromkeys(paths, "PermissionError") == {path: seen[path] for path in paths}
    code = str(tmp_path / "workflows" / "shop_entry.py")
    assert ENTRY[:9] == ask(entries, "opens", paths=[code])[code]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (None, "hooks.toml: sources.shop.entry: workflows/shop_entry.py has no decide"),
        ("decide = 7", "decide: must be a function: def decide(request)"),
        ("def decide(request): ...\nraise ValueError('no')", "cannot be loaded: ValueError: no"),
        ("def decide(request): ...\nimport nothing_of_that_name", "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_an_entry_that_cannot_be_loaded_is_an_error_at_the_start(tmp_path: Path, code: str | None, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught, processes(tmp_path, code or "x = 1"):
        pytest.fail("it started")
    assert str(caught.value).startswith("hooks.toml: sources.shop.entry: ")
    assert words in str(caught.value)


def test_a_process_that_does_not_begin_is_an_error_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_processes, "START_S", 0.3)
    slow = "import time\ntime.sleep(60)\ndef decide(request): ..."
    with pytest.raises(ConfigurationError, match=r"did not begin within 0.3 seconds"), processes(tmp_path, slow):
        pytest.fail("it started")


def test_none_is_left_at_the_end(tmp_path: Path) -> None:
    with processes(tmp_path) as entries:
        pid = ask(entries, "sees")["pid"]
        begun = time.monotonic()
    assert ended(pid)
    assert time.monotonic() - begun < 5
