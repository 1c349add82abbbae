"""An entry is loaded once and called; whatever it does, there is an answer. The example of docs/entries.md is one."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from tests.flows.deployment import ROOT
from verihook.errors import ConfigurationError
from verihook.model.entry import EntryEvent, EntryRequest, Ignore, Reply, Start
from verihook.model.entry_wire import Failure, call_of, read_decision
from verihook.worker import entries

EXAMPLES = ROOT / "examples"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "_loaded", {})


def ask(folder: Path, entry: str, content: Any, headers: dict[str, str] | None = None) -> Any:
    text = json.dumps(content)
    event = EntryEvent(None, "shop", "e", "t")
    request = EntryRequest("POST", "/hooks/shop", "", headers or {}, text.encode(), event)
    return read_decision(entries.answer(json.loads(call_of(entry, request, text, "r7")), folder))


def written(folder: Path, code: str) -> Path:
    (folder / "shop.py").write_text(code)
    return folder


def test_the_example_decides_as_it_says() -> None:
    entry = "shop_entry:decide"
    paid = {"id": "o1", "status": "paid", "items": [1]}
    assert Start({"orderId": "o1", "items": [1], "shop": "s"}) == ask(EXAMPLES, entry, paid, {"x-shop": "s"})
    assert Ignore("the order is open") == ask(EXAMPLES, entry, {"id": "o1", "status": "open"})
    tested = ask(EXAMPLES, entry, paid, {"x-shop-test": "yes"})
    assert Reply(200, b'{"received":"e"}', {"content-type": "application/json"}) == tested


def test_the_page_shows_the_example() -> None:
    page = (ROOT / "docs" / "entries.md").read_text("utf-8")
    code = (EXAMPLES / "shop_entry.py").read_text("utf-8")
    shown = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    without_words = re.sub(r'^ *""".*?"""\n', "", code, flags=re.DOTALL | re.MULTILINE)
    assert shown.split() == without_words.replace("from __future__ import annotations", "").split()


def test_a_module_is_loaded_once(tmp_path: Path) -> None:
    folder = written(tmp_path, "calls = []\ndef decide(request):\n    calls.append(1)\n    return {'n': len(calls)}\n")
    assert [Start({"n": 1}), Start({"n": 2})] == [ask(folder, "shop:decide", {}) for _ in range(2)]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def decide(request):\n    raise ValueError('no')", "ValueError: no (shop.py, line 2)"),
        ("import sys\ndef decide(request):\n    sys.exit(3)", "SystemExit: 3 (shop.py, line 3)"),
        ("async def decide(request):\n    return None", "TypeError: an entry is a plain function, not async"),
        ("def decide(request):\n    return 'text'", "TypeError: an entry returns Start, Ignore, Reply, a dict or None"),
        ("def decide(): ...", "ConfigurationError: "),
        ("raise OSError('disk')", "ConfigurationError: "),
        (
            "def decide(request):\n    raise type('Odd', (Exception,), {'__str__': id})",
            "Odd: (its text cannot be made)",
        ),
    ],
)
def test_a_failure_is_an_answer_with_file_and_line_and_its_stack_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, code: str, words: str
) -> None:
    with caplog.at_level(logging.ERROR):
        failure = ask(written(tmp_path, code), "shop:decide", {})
    assert isinstance(failure, Failure)
    assert failure.words.startswith(words)
    assert "entry shop:decide, request r7: " in caplog.text


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    written(tmp_path, "decide = 7\n")
    with pytest.raises(ConfigurationError, match=r"shop.py: decide: must be a function: def decide\(request\)"):
        entries.load(tmp_path, "shop:decide")
    with pytest.raises(ConfigurationError, match=r"shop.py: other: is missing"):
        entries.load(tmp_path, "shop:other")


@pytest.mark.parametrize("code", ["def decide(): ...", "decide = lambda: None", "def decide(request, context): ..."])
def test_one_that_does_not_take_the_request_is_named(tmp_path: Path, code: str) -> None:
    written(tmp_path, code)
    with pytest.raises(
        ConfigurationError, match=r"shop.py: decide: must take the request and nothing else: def decide"
    ):
        entries.load(tmp_path, "shop:decide")


@pytest.mark.parametrize("code", ["decide = dict", "import functools\ndecide = functools.partial(print, 'a')"])
def test_one_that_says_nothing_of_what_it_takes_is_called(tmp_path: Path, code: str) -> None:
    written(tmp_path, code.replace("\\n", "\n"))
    assert callable(entries.load(tmp_path, "shop:decide"))
