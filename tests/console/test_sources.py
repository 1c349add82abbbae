"""What the files of the console are: small, joinable, within the budget, without a way to HTML or to other hosts."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from verihook.api.parameters import Batch
from verihook.console.assets import ENTRY, FOLDER, IMPORT, make_assets
from verihook.instances.start_request import MAX_LABELS
from verihook.model.instance import INSTANCE_ID
from verihook.model.job import MAX_RATE, RATE
from verihook.model.ports.telemetry import KEPT_MS
from verihook.model.source import MAX_BODY

#: KB compressed: what the first page loads with any one other, and all files together, which no visit does.
VISIT_KB = 60
BUDGET_KB = 90

SCRIPTS = sorted(path for path in FOLDER.rglob("*.js") if path.parent.name != "vendor")
STYLES = sorted(FOLDER.rglob("*.css"))

#: What makes HTML, a script or a style of a text. https://www.w3.org/TR/trusted-types/#dom-xss-injection-sinks
SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|srcdoc|DOMParser|createContextualFragment"
    r"|\beval\b|new Function|setHTMLUnsafe|parseHTMLUnsafe|javascript:|trustedTypes|<script|<style"
)


def name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES], ids=name)
def test_a_file_has_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_script_keeps_to_what_can_be_joined(path: Path) -> None:
    text = path.read_text()
    # Each import at the head, in the one form; none by default, by another name, or for what it does.
    assert len(re.findall(r"^\s*import\b(?!\()", text, re.MULTILINE)) == len(IMPORT.findall(text))
    assert " as " not in "".join(names for names, _ in IMPORT.findall(text))
    assert not re.search(r"^export (default|\{|\*)", text, re.MULTILINE)
    # Comments of several lines begin and end lines: those are taken out whole.
    assert not re.search(r"\S[ \t]*/\*|\*/[ \t]*\S", text)


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_script_makes_no_html_of_text_and_knows_no_host(path: Path) -> None:
    code = re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE)
    assert [] == SINKS.findall(code)
    assert [] == re.findall(r"\bhttps?://", code)
    assert path.read_text().startswith("// "), "say what the module is for"


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_a_style_loads_nothing(path: Path) -> None:
    assert not re.search(r"url\(|@import|expression", path.read_text())


def test_what_is_joined_is_a_program(tmp_path: Path) -> None:
    """Two definitions of one name in a module, or an import of it beside, are an error of syntax."""
    node = shutil.which("node")
    assert node is not None, "node is missing: install it with npm (Debian: apt-get install npm)"
    for served, asset in make_assets(FOLDER).files.items():
        if served.endswith(".js"):
            path = tmp_path / f"{served.replace('/', '-')}.mjs"
            path.write_bytes(asset.plain)
            done = subprocess.run([node, "--check", path], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, f"{served}: {done.stderr}"


def test_all_files_are_within_the_budget() -> None:
    sizes = {served: len(asset.compressed) for served, asset in make_assets(FOLDER).files.items()}
    sizes["index.html"] = (FOLDER / "index.html").stat().st_size
    pages = sorted(size for served, size in sizes.items() if served.startswith("pages/"))
    assert sum(sizes.values()) <= BUDGET_KB * 1000, sizes
    assert sum(sizes.values()) - sum(pages[:-2]) <= VISIT_KB * 1000, sizes
    assert ENTRY in sizes


def test_every_page_is_registered_on_a_line_of_its_own() -> None:
    pages = (FOLDER / "pages.js").read_text()
    rows = [line for line in pages.splitlines() if line.startswith("  { path:")]
    assert len(rows) == len(re.findall(r"\bload:", pages))
    for row in rows:
        module = re.search(r'import\("\./(pages/\w+\.js)"\)(?:, shown: "(\w+)")?', row)
        assert module
        assert f"export function {module[2] or 'Page'}(".encode() in make_assets(FOLDER).files[module[1]].plain
        assert re.search(r'scope: "[a-z]+:[a-z]+"', row), "each names its scope"


def test_the_page_tells_the_limits_of_the_code() -> None:
    """They are in no answer of the API: the page has them as texts."""
    told = dict(re.findall(r'\["([^"]+)", "([^"]+)"\]', (FOLDER / "operating/about.js").read_text()))
    (most,) = (each.max_length for each in Batch.model_fields["instances"].metadata if hasattr(each, "max_length"))
    assert told == {
        "Body of a request to the API": f"{MAX_BODY // 10**6} MB",
        "Starts in a batch": str(most),
        "An instance's id": "1 to 64 letters, digits, - and _",
        "Labels of an instance": str(MAX_LABELS),
        "Counts of refusals are kept": f"{KEPT_MS // 86_400_000} days",
        "Actions of a job a second": f"{RATE}, at most {MAX_RATE}",
    }
    assert [True, False] == [bool(INSTANCE_ID.fullmatch("a-_" * 21 + "1" * more)) for more in (1, 2)]


def test_what_others_wrote_is_what_they_published() -> None:
    """Each text in its function again as it was: with its import, its export and its last line."""
    listed = (FOLDER / "vendor" / "README.md").read_text()
    texts = re.findall(
        r"^const (\w+)=\(\((?:n?)\)=>\{(.*)\}\)\(.*\);$", (FOLDER / "vendor" / "preact.js").read_text(), re.MULTILINE
    )
    assert ["preact", "hooks", "htm"] == [each for each, _ in texts]
    for library, text in texts:
        if library == "htm":
            before, _, after = text.rpartition("return function(s)")
            whole = f"{before}export default function(s){after}\n"
        else:
            body, _, given = text.rpartition("return")
            names = ",".join(" as ".join(reversed(pair.split(":"))) for pair in given.strip("{}").split(","))
            head = 'import{options as n}from"preact";' if library == "hooks" else ""
            whole = f"{head}{body}export{{{names}}};\n//# sourceMappingURL={library}.module.js.map\n"
        assert f"`{base64.b64encode(hashlib.sha384(whole.encode()).digest()).decode()}`" in listed, library
