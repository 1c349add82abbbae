"""A process of its own in which a part of a library is another: what is mended stays so for the whole of a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

#: Breaks one part of a list after the other, and prints what is said of each; then what the public face says of one.
PROGRAM = """
import contextlib, json, sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from unittest.mock import patch
from verihook.errors import ConfigurationError
from verihook.local.durable import DurableRunner
from verihook.local.foreign import Library

module, name, first, folder = sys.argv[1:]
library = getattr(import_module(module), name)

def said(ask):
    try:
        ask()
    except ConfigurationError as error:
        return str(error)

@contextlib.contextmanager
def broken(part):
    module, _, path = part.partition(":")
    owner = import_module(module)
    *owners, last = path.split(".")
    for each in owners:
        owner = getattr(owner, each)
    whole = patch.dict(sys.modules, {module: ModuleType(module)})
    with patch.object(owner, last, lambda *_: None) if last else whole:
        yield

def alone(part):
    return Library(library.name, library.package, library.tried, {part: library.parts[part]})

refusals = {}
for part in library.parts:
    with broken(part):
        refusals[part] = [said(alone(part).check)]
    refusals[part].append(said(alone(part).check))
server = DurableRunner(Path(folder) / "store.db", Path(folder))
# In another release the file is another as well.
with broken(first), patch.object(Library, "digest_of_modules", lambda _: "another"):
    words = said(server.start)
print(json.dumps([words, sorted(path.name for path in Path(folder).iterdir()), refusals]))
"""


def refusals(list_of_parts: str, library: str, first: str, folder: Path) -> Any:
    """What the public face says if the part ``first`` is another, the files it has made, and what is said of each part.

    The last is part -> [what is said if it is another, what if it is not].
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, list_of_parts, library, first, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
