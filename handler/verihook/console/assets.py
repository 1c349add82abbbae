"""The files of the console as a browser gets them: joined, named by one hash, and compressed once.

The sources are ES modules of less than 300 lines in rooms. A request is a round trip, and in AWS a run of a function,
so ``app.js`` is served with all of ``shell/``, ``parts/`` and ``vendor/`` in it, each module of ``pages/``, which is
imported when it is opened, with what it imports of other rooms, and the style sheets as one. Nothing else is built:
what is here is what runs.

Joining is by text, so the modules keep to two rules, which tests/console/test_sources.py checks: they import names
with ``import { a, b } from "./file.js";`` as it stands, and no two of those that are joined define the same name.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

FOLDER = Path(__file__).parent

#: What others wrote, as they published it.
_VENDOR = "vendor/"

#: What is loaded first, with the rooms that every page needs.
ENTRY = "app.js"
SHARED = (_VENDOR, "shell/", "parts/")

#: Each module of this room is served, with what it imports of rooms that are not shared.
PAGES = "pages/"

#: The style sheets that the others build on; these follow by their names.
FIRST_STYLES = ("styles/tokens.css", "styles/base.css")

#: An import of a module, with the names that it imports.
IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)

#: An import of a page, when that is opened.
LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')

#: Whole lines of comment. Readers find them in the sources; a browser needs none.
_COMMENTS = re.compile(r"^[ \t]*//[^\n]*\n|^[ \t]*/\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL)

#: What a line is indented by, and what stands around the braces and signs of styles: a browser needs none of it.
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_STYLE_BLANKS = re.compile(r"\s*([{};])\s*|(:) |\n")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served, plain and compressed."""

    plain: bytes
    compressed: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by their path below the hash, which any change of any of them changes."""

    digest: str
    files: Mapping[str, Asset]


@cache
def assets() -> Assets:
    """Return the files of the package. They are read once."""
    return make_assets(FOLDER)


def make_assets(folder: Path) -> Assets:
    """Return the files of a folder. Raises FileNotFoundError if a module imports one that is not there."""
    scripts = {_name(path, folder): path.read_text("utf-8") for path in sorted(folder.rglob("*.js"))}
    files = {"style.css": _asset(_styles(folder), "text/css")}
    for name, text in _joined(scripts).items():
        files[name] = _asset(text, "text/javascript")
    whole = sha256()
    for name, each in sorted(files.items()):
        whole.update(f"{name}\0{len(each.plain)}\0".encode() + each.plain)
    return Assets(whole.hexdigest()[:16], files)


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _asset(text: str, kind: str) -> Asset:
    plain = text.encode()
    return Asset(plain, gzip.compress(plain, mtime=0), f"{kind}; charset=utf-8")


def _styles(folder: Path) -> str:
    others = sorted(_name(path, folder) for path in folder.glob("styles/*.css"))
    ordered = [*FIRST_STYLES, *(name for name in others if name not in FIRST_STYLES)]
    whole = "".join(_plain((folder / name).read_text("utf-8")) for name in ordered)
    return _STYLE_BLANKS.sub(lambda found: found[1] or found[2] or " ", whole)


def _plain(text: str) -> str:
    """Return a source without what only its readers need."""
    return _INDENT.sub("", _COMMENTS.sub("", text))


def _joined(scripts: Mapping[str, str]) -> dict[str, str]:
    """Return the modules that are served: the entry and each page."""
    roots = [*(name for name in scripts if name.startswith(SHARED)), ENTRY]
    core = in_order(roots, scripts)
    served = {ENTRY: _module(ENTRY, core, core, scripts)}
    for page in (name for name in scripts if name.startswith(PAGES)):
        own = [each for each in in_order([page], scripts) if each not in core]
        served[page] = _module(page, own, core, scripts)
    return served


def in_order(roots: Iterable[str], scripts: Mapping[str, str]) -> list[str]:
    """Return the modules and what they import at once, each after those that it needs itself.

    A circle is no fault: functions are called when all are there. Raises FileNotFoundError for one that is missing.
    """
    done: dict[str, None] = {}
    begun: set[str] = set()

    def add(name: str, importer: str) -> None:
        if name not in scripts:
            raise FileNotFoundError(f"{importer} imports {name}, which is not there")
        if name in begun:
            return
        begun.add(name)
        for _, path in IMPORT.findall(scripts[name]):
            add(_target(name, path), name)
        done[name] = None

    for root in roots:
        add(root, "the console")
    return list(done)


def _module(served: str, parts: list[str], core: list[str], scripts: Mapping[str, str]) -> str:
    """Return the modules ``parts`` as one; what they import of other modules is imported once, at its head."""
    wanted: dict[str, set[str]] = {}

    def part(name: str) -> str:
        def take_out(found: re.Match[str]) -> str:
            target = _target(name, found[2])
            if target not in parts:
                source = ENTRY if target in core else target
                wanted.setdefault(source, set()).update(each.strip() for each in found[1].split(",") if each.strip())
            return ""

        whole = scripts[name]
        text = IMPORT.sub(take_out, whole if name.startswith(_VENDOR) else _plain(whole))
        return LATER.sub(lambda found: f'import("{_relative(_target(name, found[1]), served)}")', text)

    body = [part(name) for name in parts]
    head = [
        f'import {{ {", ".join(sorted(names))} }} from "{_relative(path, served)}";\n' for path, names in wanted.items()
    ]
    return "".join([*head, *body])


def _target(name: str, path: str) -> str:
    return normpath(str(PurePosixPath(name).parent / path))


def _relative(target: str, name: str) -> str:
    path = relpath(target, PurePosixPath(name).parent)
    return path if path.startswith("../") else f"./{path}"
