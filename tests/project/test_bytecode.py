"""A dataclass whose methods the build has written is the same class as that of the source."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import traceback
from pathlib import Path

import pytest

import bytecode
from tests.flows.deployment import ROOT

#: Prints all that can be asked of each dataclass of the package, and of objects of it.
PROGRAM = """
import copy, dataclasses, importlib, inspect, pkgutil, sys
sys.path[:0] = sys.argv[1:]
import verihook

def told(ask):
    try:
        return ask()
    except Exception as error:
        return type(error).__name__, str(error)

def asked(kind):
    fields = dataclasses.fields(kind)
    for f in fields:
        yield f.name, f.type, f.default, f.default_factory, f.repr, f.compare, f.hash, f.init, f.kw_only
    # One without a docstring gets its signature from `dataclasses`, which nothing reads.
    yield "" if (kind.__doc__ or "").startswith(f"{kind.__name__}(") else kind.__doc__ or ""
    yield kind.__slots__, kind.__match_args__, kind.__annotations__
    # What stands for a factory is shown by neither.
    yield [each.name for each in inspect.signature(kind).parameters.values()]
    yield told(kind), told(lambda: kind(**{"unknown": 1})), told(lambda: kind(*range(99)))
    required = [f.name for f in fields if f.default is f.default_factory]
    make = lambda value: kind(**dict.fromkeys(required, value))
    yield told(lambda: repr(make("a")))
    try:
        one, other = make("a"), make("a")
    except Exception:
        return
    yield one == other, one != other, one == 1, told(lambda: hash(one) == hash(other)), kind.__hash__ is None
    yield told(lambda: copy.copy(one) == one), told(lambda: copy.deepcopy(one) == one)
    for f in fields:
        changed = told(lambda: dataclasses.replace(one, **{f.name: "b"}))
        yield changed, changed == one, told(lambda: getattr(changed, f.name))
        yield told(lambda: hash(changed) == hash(one))
        yield told(lambda: setattr(one, f.name, "c")), told(lambda: delattr(one, f.name))

for module in sorted(each.name for each in pkgutil.walk_packages(verihook.__path__, "verihook.")):
    for name, kind in sorted(vars(importlib.import_module(module)).items()):
        if isinstance(kind, type) and kind.__module__ == module and hasattr(kind, "__dataclass_fields__"):
            written = "_generated_" if kind.__init__.__code__.co_filename == "<string>" else "written"
            print(written, module, name, *asked(kind), sep=chr(10), flush=True)
"""


def printed(*folders: Path) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, *map(str, folders), sysconfig.get_paths()["purelib"]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return re.sub(r" at 0x[0-9a-f]+", "", result.stdout).splitlines()


@pytest.mark.in_turn
def test_every_dataclass_is_the_one_of_the_source(tmp_path: Path) -> None:
    package = tmp_path / "verihook"
    shutil.copytree(ROOT / "handler" / "verihook", package, ignore=shutil.ignore_patterns("__pycache__"))
    source = printed(tmp_path)
    bytecode.write(package, str(package))
    assert source.count("_generated_") > 100
    assert printed(tmp_path) == [line.replace("_generated_", "written") for line in source]


def test_a_traceback_shows_the_lines_of_the_source(tmp_path: Path) -> None:
    source = b"""from dataclasses import dataclass

@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int = 80

    def url(self) -> str:
        raise ValueError(self.host)
"""
    module: dict[str, type] = {}
    exec(compile(bytecode.expanded(source), "place.py", "exec"), module)
    with pytest.raises(ValueError, match="example") as caught:
        module["Place"]("example").url()
    assert [9] == [frame.lineno for frame in traceback.extract_tb(caught.tb) if frame.filename == "place.py"]
    with pytest.raises(TypeError) as missing:
        module["Place"]()
    assert "Place.__init__() missing 1 required positional argument: 'host'" == str(missing.value)


@pytest.mark.parametrize("wrong", ["@dataclass\nclass A: pass", "@dataclass(slots=True, order=True)\nclass A: pass"])
def test_a_dataclass_of_another_kind_stops_the_build_in_words(wrong: str) -> None:
    with pytest.raises(NotImplementedError, match="class A: a dataclass must be dataclass"):
        bytecode.expanded(f"from dataclasses import dataclass\n{wrong}".encode())


def test_a_dataclass_with_a_base_stops_the_build_in_words() -> None:
    source = b"from dataclasses import dataclass\n@dataclass(slots=True)\nclass A(Base):\n    name: str\n"
    with pytest.raises(NotImplementedError, match="class A: a dataclass must have no base"):
        bytecode.expanded(source)


def test_what_init_does_not_take_has_its_default() -> None:
    source = b"""from dataclasses import dataclass, field

@dataclass(slots=True)
class Asked:
    name: str
    _index: str | None = field(default=None, init=False, repr=False, compare=False)
"""
    module: dict[str, type] = {}
    exec(compile(bytecode.expanded(source), "asked.py", "exec"), module)
    asked = module["Asked"]("a")
    assert (None, ("name",), ("name", "_index")) == (asked._index, asked.__match_args__, asked.__slots__)
    with pytest.raises(NotImplementedError, match="what __init__ does not take needs a default"):
        bytecode.expanded(source.replace(b"default=None, ", b""))
