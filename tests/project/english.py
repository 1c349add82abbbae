"""The words that the project does not use in prose: "where" for "if", "nobody", "whoever", "is told", "anew".

``python -m tests.project.english [PATH...]`` prints the lines that have one, of the files and folders that are named or
of all: ``handler/verihook/request.py:67: where: "the first where it came"``. ``--lower`` writes english.toml with
the counts of today if they are lower.

Read are docstrings and comments of Python, its other texts in handler/, Markdown without code, and the comments of
everything else. "where" is a place after a word of :data:`PLACES`, after a comma or a colon unless what follows says
otherwise (:data:`CONDITION`), and at the start of a sentence that is no more than the place.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "tests" / "project" / "english.toml"

FOLDERS = (".ci", ".github", "benchmarks", "docs", "events", "examples", "handler", "infra", "requirements", "tests")
COMMENTED = {".toml", ".yaml", ".yml", ".mk", ".sh", ".in", ".js", ""}
#: Not ours, or made.
FOREIGN = {"__pycache__", "node_modules", "assets"}

OTHERS = re.compile(r"\b(?:[Nn]obody|[Ww]hoever|[Aa]new|(?:is|are|was|were)\s+told(?!\s+(?:apart|to|that)\b))\b")
#: What a file must have for either: to look for it takes a hundredth of the time.
ANY = re.compile(r"\b(?:[Ww]here|[Nn]obody|[Ww]hoever|[Aa]new|told)\b")
WHERE = re.compile(r"(?P<before>\S*)(?P<gap>\s+|^)(?P<where>[Ww]here)\b(?P<after>[^.?!]*[.?!]?)", re.MULTILINE)

#: Code in prose, from its own backticks to its own backticks; and what it may say there.
CODE, OURS = re.compile(r"(`+)[^`\n]+\1"), re.compile(r"\b(?:[Ww]here|nobody|whoever|anew)\b")

#: After these "where" is a place: "say where", "the place where", "goes on where".
PLACES = re.compile(
    r"(?:says?|said|saying|knows?|known|tells?|shows?|shown|sees?|names?|named|finds?|looks?|asks?|reads?|depends|is|are"
    r"|and|or|nor|not|just|than|of|from|to|by|on|in|at|out|up|about|with|return|remember|remembers|change|follow"
    r"|places?|points?|line|folder|section|table|there|here|everywhere|stands?|stays?|stops?|stopped|left|kept|begin"
    r"|begins|again|goes|go|went|ends?|imported|waits?|noticed|resume|resumes|continues?|matters)",
    re.IGNORECASE,
)
#: What says that a clause after a comma is a condition all the same.
CONDITION = re.compile(
    r"\s+(?:there\s+(?:is|are|was|were)\b|none\b|nothing\b|no\b|not\b|possible\b|needed\b|necessary\b"
    r"|(?:it|that|this|one|they)\s+(?:can|may|must|does|do|has|have|had)\b"
    r"|(?:it|that|this|one|they)\s+(?:is|are|was|were)\s+(?:\w*\s)?"
    r"(?:not|no|none|known|due|missing|absent|safe|possible|wrong|wanted|needed|set|given|larger|longer|suspended)\b"
    r"|(?:the|its|a|an)\s+\w+\s+(?:may|can|must|has|fails?)\b|(?:the|its)\s+\w+\s+(?:is|are)\s+no\b)"
)
#: And what says so of a clause that begins a sentence.
OPENING = re.compile(r"[^,:;]*,\s+(?!and\b|or\b|who\b|which\b|how\b|never\b|one of\b|None\b)")
#: What says that a clause without a comma is a place: "where it stands", "where the server is,".
PLACE = re.compile(
    r"\s+(?!there\s|none\s|nothing\s|no\s)(?:\S+\s+){0,4}?"
    r"(?:is|are|was|were|stands?|failed|(?:puts?|finds?|keeps?|looks for)\s+(?:it|them))\s*(?:$|[,.;:)|*])"
    r"|\s+(?:it|they)\s+(?:is|are|was|were)\s+(?:used|written|said|recorded|made|read)\b"
)


class Prose(NamedTuple):
    """A piece of prose, and the line of its file that it begins at."""

    text: str
    line: int


class Finding(NamedTuple):
    """A word that the project does not use. ``excerpt``: with what stands around it."""

    path: str
    line: int
    word: str
    excerpt: str


def is_condition(match: re.Match[str]) -> bool:
    """Whether a match of :data:`WHERE` is said of a condition."""
    before, after = match["before"], match["after"]
    if PLACE.match(after) or after.startswith(","):
        return False
    if match["where"] == "Where" or re.search(r"\w:$", before):
        # "Where secrets come from." is a place, "Where it is missing, one is made." a condition.
        return bool(OPENING.match(after))
    if before.endswith((",", ":", "(", "|")) or not before:
        return before == "words," or bool(CONDITION.match(after))
    return not PLACES.fullmatch(before.strip("\"'`(*_#"))


def found_in(text: str) -> Iterator[tuple[int, str]]:
    """Offset and word of everything in ``text`` that the project does not say."""
    # Code is no prose; it keeps its length, and a word before "where".
    prose = CODE.sub(lambda code: "`" + "x" * (len(code[0]) - 2) + "`" if OURS.search(code[0]) else code[0], text)
    yield from ((match.start(), " ".join(match[0].split()).lower()) for match in OTHERS.finditer(prose))
    position = 0
    while match := WHERE.search(prose, position):
        if is_condition(match):
            yield match.start("where"), "where"
        position = match.end("where")


def of_python(source: str, texts: bool) -> Iterator[Prose]:
    """The comments and docstrings of a module; with ``texts`` its other strings of several words, too."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Prose(token.string, token.start[0])
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = list(ast.walk(ast.parse(source)))
    documented = {id(docstring) for node in nodes if isinstance(node, owners) and (docstring := _docstring_of(node))}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (texts or id(node) in documented):
            yield Prose(node.value, node.lineno)


def _docstring_of(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    first = node.body[0] if node.body else None
    return first.value if isinstance(first, ast.Expr) and ast.get_docstring(node, clean=False) is not None else None


def of_markdown(source: str) -> Iterator[Prose]:
    """The pages' text, without what stands between fences."""
    text = re.sub(
        r"^(\s*)```.*?^\1```", lambda code: "\n" * code[0].count("\n"), source, flags=re.MULTILINE | re.DOTALL
    )
    yield Prose(text, 1)


def of_comments(source: str) -> Iterator[Prose]:
    """Comments after ``#`` or ``//``, with those of the lines that follow, and Description lines of templates."""
    comment = re.compile(r"^\s*(?:#|//).*$|(?<=\s)#\s.*$|(?<=^)\s*Description: .*$")
    block: list[str] = []
    for number, line in enumerate([*source.splitlines(), ""], 1):
        if said := comment.search(line):
            block.append(re.sub(r"^\s*(?:#|//)", "", said[0]))
        elif block:
            yield Prose("\n".join(block), number - len(block))
            block = []


def prose_of(path: Path) -> Iterator[Prose]:
    """What a file says in words."""
    source = path.read_text("utf-8")
    if not ANY.search(source):
        return iter(())
    if path.suffix == ".py":
        return of_python(source, texts=path.is_relative_to(ROOT / "handler"))
    return of_markdown(source) if path.suffix == ".md" else of_comments(source)


def files() -> list[Path]:
    """Every file of the project that may have prose."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    chosen = (path for path in [*ROOT.glob("*"), *inside] if path.suffix in COMMENTED | {".py", ".md"})
    # This file and its test name the words.
    return sorted(
        path
        for path in chosen
        if path.is_file() and path.stem not in ("english", "test_english")
        if not FOREIGN & set(path.parts)
    )


def findings(paths: Iterable[Path]) -> Iterator[Finding]:
    """Every word in the files that the project does not use."""
    for path in paths:
        for text, first in prose_of(path):
            for offset, word in found_in(text):
                excerpt = " ".join(text[max(0, offset - 30) : offset + 40].split())
                yield Finding(path.relative_to(ROOT).as_posix(), first + text[:offset].count("\n"), word, excerpt)


def room(path: str) -> str:
    """The room of a file: ``handler/verihook/api``, ``tests/flows``, ``docs``; ``.`` for the root's own files."""
    folders = path.split("/")[:-1]
    return "/".join(folders[: 3 if folders[:2] == ["handler", "verihook"] else 2]) or "."


def left() -> dict[str, int]:
    """Room -> how many are left there, as english.toml says; a room that it does not name has none."""
    return dict(tomllib.loads(TABLE.read_text("utf-8"))["left"])


def lower() -> None:
    """Write english.toml with the counts of today, if they are lower."""
    now = Counter(room(each.path) for each in findings(files()))
    counts = {name: min(count, now[name]) for name, count in left().items()}
    head = TABLE.read_text("utf-8").partition("[left]")[0]
    rows = [f'"{name}" = {count}' for name, count in sorted(counts.items()) if count]
    TABLE.write_text("\n".join([f"{head}[left]", *rows, ""]), "utf-8")


def main() -> int:
    """Print what is left; 1 if there is any."""
    if sys.argv[1:] == ["--lower"]:
        lower()
        return 0
    wanted = [Path(each).resolve() for each in sys.argv[1:]] or [ROOT]
    found = list(findings(path for path in files() if any(path.is_relative_to(each) for each in wanted)))
    for path, line, word, excerpt in found:
        print(f'{path}:{line}: {word}: "{excerpt}"')  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
