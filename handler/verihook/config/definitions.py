"""Python workflows: files in the folder ``workflows`` beside hooks.toml, loaded by their definition.

The definition ``order-log`` is the file ``order_log.py``. Each engine runs an attribute of another name in that file.
"""

from __future__ import annotations

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from verihook.errors import ConfigurationError

_DEFINITION = re.compile(r"[a-z][a-z0-9_-]{0,62}", re.ASCII)


def load(folder: Path, definition: str, attribute: str) -> Any:
    """Import the definition's file, and return its ``attribute``.

    Raises ConfigurationError if there is no such file or attribute, or if the import raises.
    """
    name = definition.replace("-", "_")
    path = folder / f"{name}.py"
    shown = f"{folder.name}/{path.name}"
    if not _DEFINITION.fullmatch(definition):
        mend = f"{definition[:63]!r} is not a definition: lower-case letters, digits, hyphens and underscores"
        raise ConfigurationError(folder.name, "", mend)
    if not path.is_file():
        mend = f'write it, or mend the workflow of hooks.toml that has definition = "{definition}"'
        raise ConfigurationError(shown, "", f"there is no such file in {folder}; {mend}")
    module = _run(path, f"verihook_workflow_{name}", shown)
    if not hasattr(module, attribute):
        raise ConfigurationError(shown, attribute, f"is missing; the workflow {definition!r} runs it")
    return getattr(module, attribute)


def _run(path: Path, name: str, shown: str) -> Any:
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:  # pragma: no cover  # a .py file always has a loader
        raise ConfigurationError(shown, "", "is not a Python file")
    module = module_from_spec(spec)
    # Dataclasses and pickle look a class's module up there.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ConfigurationError(shown, "", f"cannot be loaded: {type(error).__name__}: {error}") from error
    return module
