"""The Lambda functions that state machines invoke on one machine: Python of the deployment, found by name.

``charge`` is ``lambda_handler`` of workflows/charge.py beside hooks.toml, and ``billing.app.charge``, which is what a
template says as Handler, the callable ``charge`` of billing/app.py there.
"""

from __future__ import annotations

import ast
import re
import sys
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from typing import Any

from verihook.local.runner import function_arn
from verihook.worker.current_instance import INSTANCE
from verihook.worker.functions import Exited, Functions, OutOfTime

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_HANDLER = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)

#: The longest that Lambda lets a function run, in seconds.
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LONGEST_S = 900.0

Handler = Callable[[Any, Any], object]

#: Lambda's names for errors: the function ends its process, its file cannot be loaded, it takes too long.
#: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
ExitError = type("Runtime.ExitError", (Exception,), {})
ImportModuleError = type("Runtime.ImportModuleError", (Exception,), {})
TimedOut = type("Sandbox.Timedout", (Exception,), {})


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What a function gets beside its event.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    function_name: str
    aws_request_id: str
    until: float
    #: For the log alone.
    instance_id: str
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "128"
    log_group_name: str = ""
    log_stream_name: str = ""

    @property
    def invoked_function_arn(self) -> str:
        """The ARN."""
        return function_arn(self.function_name)

    def get_remaining_time_in_millis(self) -> int:
        """How long Lambda would let it go on."""
        return max(int((self.until - time.monotonic()) * 1000), 0)


class LambdaFunctions(Mapping[str, Callable[[Any], object]]):
    """Those that a state machine names, and our own. Each file is loaded at its first call. Safe from any thread.

    A name that an input makes finds no other, whatever files there are.
    """

    def __init__(self, folder: Path, ours: Mapping[str, Callable[[Any], object]]) -> None:
        """``folder``: that of hooks.toml."""
        self._folder = folder
        self._ours = ours
        self._functions = Functions({})
        self._loaded: dict[str, Handler] = {}
        self._lock = RLock()

    def name(self, names: Iterable[str]) -> None:
        """Let functions of these names be invoked, if there are such."""
        found = {name: partial(self._run, name) for name in names if is_there(self._folder, name)}
        self._functions = Functions({**self._functions.runs, **found})

    def __getitem__(self, name: str) -> Callable[[Any], object]:
        if name in self._ours:
            return self._ours[name]
        if name not in self._functions:
            raise KeyError(name)
        return partial(self._call, name)

    def __iter__(self) -> Iterator[str]:
        return iter({*self._ours, *self._functions.runs})

    def __len__(self) -> int:
        return len({*self._ours, *self._functions.runs})

    def _call(self, name: str, event: Any) -> object:
        until = time.monotonic() + LONGEST_S
        context: Any = LambdaContext(name, str(uuid.uuid4()), until, INSTANCE.get())
        try:
            return self._functions.call(name, event, context, int(LONGEST_S * 1000))
        except OutOfTime:
            raise TimedOut(f"Error: Task timed out after {LONGEST_S:.2f} seconds") from None
        except Exited as error:
            raise ExitError(f"Error: Runtime exited: {error}") from None

    def _run(self, name: str, event: Any, context: Any) -> object:
        return self._handler(name)(event, context)

    def _handler(self, name: str) -> Handler:
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = _load(self._folder, *_place(self._folder, name))
            return self._loaded[name]


class WrittenFunctions:
    """Says which functions there are, as far as can be seen without running a file."""

    def __init__(self, folder: Path, ours: Collection[str]) -> None:
        """``folder``: that of hooks.toml."""
        self._folder = folder
        self._ours = ours

    def __contains__(self, name: object) -> bool:
        return name in self._ours or is_there(self._folder, str(name))


def is_there(folder: Path, name: str) -> bool:
    """Whether there is such a function, by its file. ``folder``: of hooks.toml."""
    if not (_NAME.fullmatch(name) or _HANDLER.fullmatch(name)):
        return False
    path, attribute = _place(folder, name)
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):
        return False
    return any(attribute in _bound(each) for each in tree.body)


def _place(folder: Path, name: str) -> tuple[Path, str]:
    """The file of a function, and its name in it."""
    if "." not in name:
        return folder / "workflows" / f"{name.replace('-', '_')}.py", "lambda_handler"
    module, _, attribute = name.rpartition(".")
    return folder / f"{module.replace('.', '/')}.py", attribute


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))
        case ast.ImportFrom(names=names):
            yield from (each.asname or each.name for each in names)


def _load(folder: Path, path: Path, attribute: str) -> Handler:
    """Return the function of a file. Raises ImportModuleError."""
    # As in Lambda, a file imports those beside it; what is installed goes before them.
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    name = f"verihook_lambda_{path.relative_to(folder).with_suffix('').as_posix().replace('/', '_')}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:  # pragma: no cover  # a .py file always has a loader
        raise ImportModuleError(f"{path.name} is not a Python file")
    module = module_from_spec(spec)
    # Dataclasses and pickle look a class's module up there.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        handler: Handler = getattr(module, attribute)
    except Exception as error:
        del sys.modules[name]
        raise ImportModuleError(f"Unable to import {path.name}: {type(error).__name__}: {error}") from error
    return handler
