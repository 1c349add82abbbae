"""Runs the entries of sources. It knows neither secrets nor the ledger: nothing of ours but the call and the answer.

In AWS, :func:`decide` is the handler of the function ``Entries``; on one machine, child processes call :func:`answer`.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable, Mapping
from inspect import iscoroutine, signature
from pathlib import Path
from typing import Any

from verihook.adapters.printable import stack, words
from verihook.config import definitions, settings
from verihook.errors import ConfigurationError
from verihook.model.entry import EntryRequest
from verihook.model.entry_wire import answer_of, failure_of, read_call
from verihook.strict_json import parse

_log = logging.getLogger("verihook.entry")

Entry = Callable[[EntryRequest], object]

#: ``module:function`` -> the function. The operator's module is imported once in a process.
_loaded: dict[str, Entry] = {}


def load(folder: Path, entry: str) -> Entry:
    """Return the function ``module:function`` of a file in ``folder``. Raises ConfigurationError."""
    if entry not in _loaded:
        module, _, name = entry.partition(":")
        function = definitions.load(folder, module, name)
        if not callable(function):
            raise ConfigurationError(f"{folder.name}/{module}.py", name, f"must be a function: def {name}(request)")
        if not _takes_one(function):
            mend = f"must take the request and nothing else: def {name}(request)"
            raise ConfigurationError(f"{folder.name}/{module}.py", name, mend)
        _loaded[entry] = function
    return _loaded[entry]


def _takes_one(function: Callable[..., object]) -> bool:
    """Whether it can be called with one argument, as far as it says."""
    try:
        signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:  # one that says nothing, such as some of C
        return True
    return True


def answer(call: Mapping[str, Any], folder: Path) -> bytes:
    """Return the answer to a parsed call. What the entry raises is in the answer."""
    entry, request, request_id = read_call(call)
    try:
        decision = load(folder, entry)(request)
        if iscoroutine(decision):
            decision.close()
            raise TypeError("an entry is a plain function, not async")
        return answer_of(decision)
    except BaseException as error:  # noqa: BLE001  # the operator's code may raise anything, sys.exit() too
        at = _raised_at(error, folder)
        told = f"{type(error).__name__}: {words(error)}"
        _log.error("%s", "\n".join([f"entry {entry}, request {request_id}: {told}", *stack(error)]))
        return failure_of(f"{told}{at}")


def decide(event: Mapping[str, Any], context: Any) -> Any:  # noqa: ARG001  Lambda's signature
    """Answer a call: the handler of the function ``Entries``, which the functions that take deliveries invoke."""
    return parse(answer(event, settings.DEFAULT_WORKFLOWS))


def _load_all() -> None:
    """Load the entries of hooks.toml in INIT, so that no sender waits for it. A call tries one that fails again."""
    table = tomllib.loads(settings.hooks_path(settings.environment()).read_text(encoding="utf-8"))
    for source in table.get("sources", {}).values():
        if entry := source.get("entry"):
            try:
                load(settings.DEFAULT_WORKFLOWS, entry)
            except ConfigurationError as error:
                _log.error("%s", error)


def _raised_at(error: BaseException, folder: Path) -> str:
    """Return the operator's file and line that raised, "" if none did."""
    at, trace = "", error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(folder):
            at = f" ({path.relative_to(folder)}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return at


if settings.handler(settings.environment()) == f"{__name__}.{decide.__name__}":
    _load_all()
