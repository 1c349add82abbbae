"""``python -m tests.project.foreign [--write]``: what of the libraries whose internals we replace has changed.

Prints each part of :mod:`verihook.local.foreign`'s lists whose source is another in what is installed, with both
digests. ``--write`` puts the new ones into the lists: once mends and tests were brought up to date, never before. The
release that was tried, in the same lists and in pyproject.toml, is changed by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

from verihook.local.durable import sdk_parts
from verihook.local.foreign import Library, digest

#: Library -> the file that lists its parts.
LISTS: dict[str, tuple[Library, str]] = {
    each.name: (each, str(module.__file__))
    for each, module in ((sdk_parts.SDK, sdk_parts), (sdk_parts.TESTING_SDK, sdk_parts))
}


def main() -> int:
    """Print, and with ``--write`` write, what has changed; 1 if something has."""
    changed = [(library, file, part) for library, file in LISTS.values() for part in library.changes()]
    for library, file, part in changed:
        then, now = library.parts[part], digest(part)
        print(f"{library.name}: {part}: {then} -> {now or 'gone'}")  # noqa: T201
        # Parts of the same source have the same digest: each of them has changed.
        if "--write" in sys.argv and now:
            Path(file).write_text(Path(file).read_text("utf-8").replace(then, now), "utf-8")
    moved = [(library, file) for library, file in LISTS.values() if library.whole != library.digest_of_modules()]
    for library, file in moved:
        print(f"{library.name}, its modules: {library.whole} -> {library.digest_of_modules()}")  # noqa: T201
        if "--write" in sys.argv:
            text = Path(file).read_text("utf-8").replace(library.whole, library.digest_of_modules())
            Path(file).write_text(text, "utf-8")
    return 1 if changed or moved else 0


if __name__ == "__main__":
    sys.exit(main())
