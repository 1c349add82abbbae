"""What Verihook replaces or overrides inside other people's libraries, and how it notices that they have changed.

No library promises its internals. So each has a list of those that Verihook counts on, with a digest of their source
in the release that was tried: :mod:`verihook.local.durable.sdk_parts`.
``python -m tests.project.foreign`` prints such a list as it is of what is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from verihook.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Library:
    """A library and its internals. ``name``: as pip knows it; ``package``: as Python imports it.

    ``tried``: the release that Verihook was tried with. ``parts``: ``module`` or ``module:attribute.of.it`` ->
    :func:`digest` of its source in that release. ``whole``: :meth:`digest_of_modules` in it.
    """

    name: str
    package: str
    tried: str
    parts: Mapping[str, str]
    whole: str = ""

    def check(self) -> None:
        """Raise ConfigurationError, in words, if a part is gone or not what it was. Imports the library's modules."""
        changed = list(self.changes())
        if not changed:
            return
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise ConfigurationError(
            f"{self.name} {getattr(import_module(self.package), '__version__', '')}".strip(),
            changed[0] + more,
            f"Verihook replaces parts of this library, and was tried with release {self.tried}, in which this one was "
            f"another; install that release: pip install '{self.name}=={self.tried}'",
        )

    def changes(self) -> Iterator[str]:
        """The parts that are gone or not what they were, in the order of the list."""
        # To find the source of each takes a third of the time in which the server starts.
        if self.whole and self.whole == self.digest_of_modules():
            return iter(())
        return (part for part, expected in self.parts.items() if digest(part) != expected)

    def digest_of_modules(self) -> str:
        """16 hex digits of the SHA-256 of all modules that have a part here, "" if one is gone."""
        found = hashlib.sha256()
        for module in sorted({part.partition(":")[0] for part in self.parts}):
            try:
                place = importlib.util.find_spec(module)
                found.update(Path(str(place and place.origin)).read_bytes())
            except (ImportError, OSError):
                return ""
        return found.hexdigest()[:16]


def digest(part: str) -> str:
    """16 hex digits of the SHA-256 of a part's source, "" if there is no such part or no source of it."""
    module, _, path = part.partition(":")
    try:
        found = import_module(module)
        for name in path.split(".") if path else ():
            found = getattr(found, name)
        source = textwrap.dedent(inspect.getsource(found))
    except (ImportError, AttributeError, TypeError, OSError):
        return ""
    return hashlib.sha256(source.encode()).hexdigest()[:16]
