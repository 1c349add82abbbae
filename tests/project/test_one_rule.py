"""Each of these rules has one definition in the package, so that no second one can drift from it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from functools import cache

import pytest

from tests.flows.deployment import ROOT

PACKAGE = ROOT / "handler" / "verihook"
PYTHON = sorted(PACKAGE.rglob("*.py"))

#: The rule -> a regular expression of what marks it, and the file under handler/verihook in which alone it stands.
MARKS = {
    "which instances a key sees": (r"not caller\.covers_row\(instance", "api/admission.py"),
    "what a start takes of a caller's minute": (r'limits\.\w+\(f"key#', "api/admission.py"),
    "how large a body of the API is": (r'f"The body is larger than \{limit\} bytes', "api/body.py"),
    "which query parameters an operation takes": (r"Unknown query parameter", "api/rendering.py"),
    "the fields of a template of signed bytes": (r're\.compile\(r?"\\\{\(', "senders/schemes/message.py"),
    "which headers and members a signature covers": (r"== id_header\.lower\(\)", "senders/schemes/message.py"),
    "a parameter that a sender signs": (r"is signed by this sender", "senders/schemes/message.py"),
    "a repeated header is refused": (r'SignatureError\("duplicate-header"', "senders/schemes/headers.py"),
    "how far a timestamp may be off": (r"> tolerance \* 1000", "senders/schemes/timestamp.py"),
    "what a tolerance may be": (r"tolerance <= 0", "senders/schemes/timestamp.py"),
    "a timestamp in JSON is a whole number": (r"return value \* 1000", "senders/schemes/timestamp.py"),
    "an empty secret is refused": (r"the secret is empty", "senders/schemes/encoding.py"),
    "a source without a secret refuses": (
        r'Proof:\n.*\n    raise SignatureError\("no-secret"\)',
        "senders/schemes/__init__.py",
    ),
    "the newest secret is the current one": (r"CURRENT if", "senders/schemes/__init__.py"),
    "a signature is ASCII": (r'"non-ascii-signature"', "senders/schemes/candidates.py"),
    "the topics of a source": (r'"topic_arns"', "senders/schemes/sns_hosts.py"),
    "a choice that is none of those allowed": (r'f"must be one of ', "senders/tables.py"),
    "a key that is not known": (r'f"unknown key; allowed: ', "senders/tables.py"),
    "the two parts of an error": (r'str\(error\)\.partition\(": "\)', "senders/tables.py"),
    "the media type of a Content-Type": (r'partition\(";"\)\[0\]\.strip\(\)\.lower\(\) if isinstance', "request.py"),
    "the media type of a form": (r'"application/x-www-form-urlencoded"', "request.py"),
    "how a reference to a secret is written": (r"_REFERENCE = re\.compile", "senders/references.py"),
    "what a delivery that was answered is counted as": (r"observer\.rejected\(", "webhooks/outcome.py"),
    "the form of an instance id": (r"A-Za-z0-9_\]\[A-Za-z0-9_-\]\{0,63\}", "model/instance.py"),
    "a time as the API writes it": (r'isoformat\(timespec="milliseconds"\)\.replace', "model/instance.py"),
    "a time in milliseconds": (r"timestamp\(\) \* 1000", "model/instance.py"),
    "how long an ended instance is kept": (r"retention_days \*", "model/workflow.py"),
    "what an engine's words are cut to": (r"MAX_CAUSE = ", "model/ports/ledger.py"),
    "how much an engine takes": (r"is larger than the \{(most|self|MAX_ANSWER)\b", "adapters/input_size.py"),
    "a signed field has its place": (r"a signed \{", "senders/schemes/message.py"),
}


@cache
def written() -> Mapping[str, str]:
    """The text of each file under handler/verihook: read by the tests, not by each process that collects them."""
    return {str(path.relative_to(PACKAGE)): path.read_text("utf-8") for path in PYTHON}


@cache
def sources() -> Mapping[str, Sequence[ast.AST]]:
    """All nodes of each."""
    return {file: tuple(ast.walk(ast.parse(source))) for file, source in written().items()}


def text(node: ast.AST) -> str:
    """The string that the node is; "" if it is none."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def translates_errors(function: ast.AST) -> bool:
    """Whether it is a context manager that raises a library's error as one of Unavailable's kind."""
    return isinstance(function, ast.FunctionDef) and any(
        isinstance(node, ast.Try)
        and any(isinstance(each, ast.Expr) and isinstance(each.value, ast.Yield) for each in node.body)
        and any("unavailable(" in ast.unparse(handler).lower() for handler in node.handlers)
        for node in function.body
    )


def names_loopback(node: ast.AST) -> bool:
    """Whether a host is compared with, or looked for among, names of this machine."""
    return text(node) in ("localhost", "::1")


def reads_spans(node: ast.AST) -> bool:
    """Whether a pattern takes a number and a unit of time."""
    return bool(re.search(r"\[(?=[smhd]*s)(?=[smhd]*m)(?=[smhd]*h)[smhd]{3,4}\]", text(node)))


def retries_writes(tree: ast.AST) -> bool:
    """Whether it repeats something a constant number of times, as a loop about a write that is refused does."""
    if not isinstance(tree, (ast.For, ast.comprehension)) or ast.unparse(tree.target) != "_":
        return False
    return bool(re.fullmatch(r"range\(_*[A-Z][A-Z_]*\)", ast.unparse(tree.iter)))


def reads_json(tree: ast.AST) -> bool:
    """Whether it takes what reads JSON from the standard library, by whichever name."""
    if isinstance(tree, ast.ImportFrom):
        return tree.module in ("json", "json.decoder") and not {name.name for name in tree.names} <= {"dump", "dumps"}
    if isinstance(tree, ast.Attribute):
        return ast.unparse(tree) in ("json.load", "json.loads", "json.JSONDecoder", "json.decoder")
    return isinstance(tree, ast.Import) and any(name.name in ("orjson", "ujson", "json.decoder") for name in tree.names)


def found(rule: object) -> set[str]:
    return {file for file, nodes in sources().items() if callable(rule) and any(map(rule, nodes))}


def test_errors_of_a_library_are_translated_in_one_place() -> None:
    assert found(translates_errors) == set()
    assert any("ErrorTranslation(" in source for source in written().values())


def test_the_names_of_this_machine_stand_once() -> None:
    exceptions = {
        "adapters/caller.py",  # among the names that are private wherever they are looked up (RFC 6761)
        "api/on_lambda.py",  # the host of an event that has none
    }
    assert found(names_loopback) - exceptions == {"model/loopback.py"}


def test_spans_of_time_are_read_in_one_place() -> None:
    assert found(reads_spans) == {"model/span.py"}


def test_write_conflicts_are_retried_in_one_place() -> None:
    # A folder of payloads that a removal takes away meanwhile is made again: there is no version, and no other writer.
    exceptions = {"adapters/payloads/files.py"}
    assert found(retries_writes) - exceptions == {"model/conflict.py"}


def test_json_is_read_in_one_place() -> None:
    # Programs import the client with nothing else of Verihook: it knows none of our errors.
    alone = {file for file in sources() if file.startswith("client/")}
    assert found(reads_json) - alone == {"strict_json.py"}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (
            translates_errors,
            "def a():\n try:\n  yield\n except OSError as error:\n  raise LedgerUnavailable() from error",
        ),
        (names_loopback, "NAMES = ('127.0.0.1', 'localhost')"),
        (reads_spans, "SPAN = re.compile(r'([0-9]+)([smhd])')"),
        (reads_spans, "SPAN = re.compile(r'([0-9]+)([dhms]?)')"),
        (reads_json, "json.loads(text)"),
        (reads_json, "json.load(file)"),
        (reads_json, "from json import loads as read"),
        (reads_json, "import orjson"),
        (reads_json, "json.JSONDecoder().decode(text)"),
        (retries_writes, "for _ in range(_TRIES):\n ledger.amend(row)"),
        (retries_writes, "any(write(row) for _ in range(MAX_TRIES))"),
    ],
)
def test_a_second_definition_is_found(rule: object, code: str) -> None:
    assert callable(rule)
    assert any(map(rule, ast.walk(ast.parse(code))))


@pytest.mark.parametrize("rule", MARKS)
def test_what_marks_a_rule_stands_once(rule: str) -> None:
    mark, file = MARKS[rule]
    counts = {name: len(re.findall(mark, source)) for name, source in written().items()}
    assert {file: 1} == {name: count for name, count in counts.items() if count}
