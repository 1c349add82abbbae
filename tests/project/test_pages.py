"""The pages hang together: links lead somewhere, the index names every page, and what code cites is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import verihook
from tests.flows.deployment import ROOT
from tests.project.template import TEMPLATE
from verihook.model.instance import Status

#: Where pages and what cites them stand; what our commands make is elsewhere.
FOLDERS = ("benchmarks", "docs", "events", "examples", "handler", "infra", "tests", ".github", ".ci")
FILES = [
    *(path for path in ROOT.iterdir() if path.is_file()),
    *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()),
]
PAGES = sorted(path for path in FILES if path.suffix == ".md")
CITING = sorted(
    path for path in FILES if path.suffix in (".py", ".toml", ".yaml", ".yml", ".mk", ".in") or path.name == "Makefile"
)
DECISIONS = ROOT / "docs" / "decisions"

#: A page of the project, cited in a comment, a docstring or a text; not part of a URL.
CITED = re.compile(r"(?<![\w/.-])(?:[\w-]+/)*[\w-]+\.md\b")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(page: Path) -> str:
    """The page without its code."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", lambda code: re.sub(r"[\[\]()]", "", code[0]), text)


def prose_with_code(page: Path) -> str:
    """The page without its blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    ):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = sum(each == slug or re.fullmatch(re.escape(slug) + r"-\d+", each) is not None for each in found)
        found.add(f"{slug}-{number}" if number else slug)
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or linked.suffix != ".md" or anchor in anchors(linked), target


def test_a_page_that_is_cited_is_there() -> None:
    pages = {name_of(page) for page in PAGES}
    missing = [
        f"{name_of(path)}: {cited}"
        for path in CITING
        for cited in CITED.findall(path.read_text("utf-8"))
        if path != Path(__file__) and not any(each == cited or each.endswith(f"/{cited}") for each in pages)
    ]
    assert [] == missing


def test_a_path_that_contributors_are_sent_to_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = re.findall(r"`((?:docs|handler|tests|infra|\.ci)/[\w/.-]*)`", text)
    # What they are to make stands in a folder that is there.
    made = [path for path in named if Path(path).stem in ("NAME", "acme")]
    assert len(named) > 15
    assert len(made) > 4
    assert [] == [path for path in named if not (ROOT / (str(Path(path).parent) if path in made else path)).exists()]
    for table, path in re.findall(r"`([A-Z]+)` of `(handler/[\w/.]+)`", text):
        assert re.search(rf"^{table}\b.* = ", (ROOT / path).read_text("utf-8"), re.MULTILINE), table


def test_every_target_of_make_that_a_page_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = [
        (name_of(page), target)
        for page in PAGES
        for target in re.findall(r"(?:`|^|&& )make ([a-z][a-z-]*)\b", page.read_text("utf-8"), re.MULTILINE)
    ]
    assert len(named) > 30
    assert [] == [(page, target) for page, target in named if target not in targets]


def test_the_index_has_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in re.findall(r"\]\(([^)]+)\)", index.read_text())
    }
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs") and page.parent != DECISIONS} - {index}
    assert pages | {DECISIONS / "README.md"} <= linked
    assert ["Tutorial", "How-to", "Reference", "Explanation"] == re.findall(
        r"^## ([\w-]+)", index.read_text(), re.MULTILINE
    )


@pytest.mark.parametrize(
    "page",
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(page for page in PAGES if page.is_relative_to(ROOT / "docs"))],
    ids=name_of,
)
def test_the_words_are_linked_before_a_page_uses_them(page: Path) -> None:
    before = re.split(r"^## ", page.read_text("utf-8"), maxsplit=1, flags=re.MULTILINE)[0]
    assert "glossary.md)" in before or page.name == "glossary.md"


#: What the code, the API and the log call things; each has one row.
WORDS = [
    "sender",
    "source",
    "scheme",
    "secret",
    "delivery",
    "event",
    "handshake",
    "workflow",
    "instance",
    "attempt",
    "step",
    "engine",
    "ledger",
    "carrier",
    "dialect",
    "restart",
    "payload",
    "claim",
    "reconcile",
    "feed",
    "connection",
    "callback",
    "scope",
]


def test_the_glossary_has_each_word_once() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    explained = re.findall(r"^\| \*\*([^*]+)\*\* \|", glossary, re.MULTILINE)
    assert set(WORDS) <= set(explained)
    assert len(explained) == len(set(explained))


def test_the_glossary_has_the_words_of_the_statuses_and_the_engines() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    for word in (*get_args(Status), "stepfunctions", "durable", "function"):
        assert f"`{word}`" in glossary, word


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("[!R]*.md")), ids=lambda page: page.stem)
def test_a_decision_says_why_what_else_and_what_would_change_it(page: Path) -> None:
    text = page.read_text("utf-8")
    headings = [each for each in re.findall(r"^## (.+)$", text, re.MULTILINE) if each != "What it costs us"]
    assert ["Decision", "Why", "Alternatives", "What would make us change it"] == headings
    assert len(re.findall(r"^- \*\*", text, re.MULTILINE)) >= 2, "name the alternatives"
    assert len(text.splitlines()) <= 50, "one short page"
    assert f"({page.name})" in (DECISIONS / "README.md").read_text("utf-8")


#: What is set -> the one page with the table of it, and what the first cell of a row begins with.
REFERENCES = {
    "configuration.md": r"`(?:VERIHOOK_|POWERTOOLS_)",
    "commands.md": r"`--",
    "deployment.md": r"`(?:" + "|".join(TEMPLATE["Parameters"]) + ")`",
}


@pytest.mark.parametrize("reference", REFERENCES)
def test_what_is_set_is_told_in_one_page(reference: str) -> None:
    row = re.compile(rf"^\| {REFERENCES[reference]}", re.MULTILINE)
    assert {reference} == {page.name for page in PAGES if row.search(prose_with_code(page))}


def test_defaults_stand_in_the_references_alone() -> None:
    header = re.compile(r"^\|.*\| (?:default|setting) \|.*\n\|[-:| ]+\|$", re.MULTILINE)
    assert {"configuration.md", "deployment.md"} == {
        page.name for page in PAGES if header.search(prose_with_code(page))
    }


def test_no_example_takes_the_id_of_an_object_for_that_of_the_event() -> None:
    """Two events of one object would be one, and the second would be lost."""
    examples = [
        each
        for page in PAGES
        for each in re.findall(r'^id = \{ json = "(.+?)" \} *(.*)$', page.read_text(), re.MULTILINE)
    ]
    assert {"event_id", "id"} == {place for place, _ in examples}
    assert any("the id of the event itself" in words for _, words in examples)


def test_the_changelog_tells_of_this_version() -> None:
    versions = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert versions[0] == verihook.__version__
    minor = verihook.__version__.rpartition(".")[0]
    assert f"| {minor} | yes |" in (ROOT / "SECURITY.md").read_text("utf-8")
