"""Every reason code of senders/schemes/ has words.

The codes are read off the sources, and off every case that is at hand.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.vectors.run import read_cases, refusal
from tests.vectors.test_vectors import FOLDER
from verihook.senders import schemes
from verihook.webhooks.reasons import REASONS, in_words

CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*-?")


def codes() -> set[str]:
    """Every reason code in the sources of senders/schemes/.

    The constants that end in a SignatureError, however they get there.

    A function that hands a parameter on to SignatureError, or to another such function, is followed.
    """
    trees = [ast.parse(path.read_text()) for path in Path(schemes.__file__).parent.glob("*.py")]
    calls = [(call, function) for tree in trees for call, function in _calls(tree, None)]
    known: set[object] = set()
    handed, grown = {("SignatureError", "reason")}, True
    parameters = {"SignatureError": ["reason"]}
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        parameters[function.name] = names[1:] if names[:1] == ["self"] else names
    while grown:
        before = len(handed)
        for call, enclosing in calls:
            for value in _values(call, parameters, handed):
                for node in ast.walk(value):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        known.add(node.value)
                    elif isinstance(node, ast.Name) and enclosing is not None:
                        handed |= {(enclosing.name, node.id)} if node.id in _all(enclosing) else set()
        grown = len(handed) > before
    for function in functions:
        defaults = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        known |= {
            default.value
            for argument, default in defaults
            if (function.name, argument.arg) in handed and isinstance(default, ast.Constant)
        }
    # A name in CamelCase is part of a code that is put together.
    return {str(code) for code in known if CODE.fullmatch(str(code))}


def _calls(node: ast.AST, function: ast.FunctionDef | None) -> list[tuple[ast.Call, ast.FunctionDef | None]]:
    """Every call with the function that it stands in."""
    found = [(node, function)] if isinstance(node, ast.Call) else []
    inner = node if isinstance(node, ast.FunctionDef) else function
    for child in ast.iter_child_nodes(node):
        found += _calls(child, inner)
    return found


def _values(call: ast.Call, parameters: dict[str, list[str]], handed: set[tuple[str, str]]) -> list[ast.expr]:
    """What a call gives to the parameters that are handed on."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    positional = zip(parameters.get(name, []), call.args, strict=False)
    named = [(keyword.arg or "", keyword.value) for keyword in call.keywords]
    return [value for parameter, value in [*positional, *named] if (name, parameter) in handed]


def _all(function: ast.FunctionDef) -> set[str]:
    return {argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)}


def test_every_reason_code_has_words() -> None:
    found = codes()
    # Through one_header's parameter, through its default, and through a plain raise.
    assert {"bad-timestamp", "non-ascii-header", "signature-mismatch", "missing-header"} <= found
    missing = []
    for code in sorted(found):
        try:
            assert in_words(code.removesuffix("-"))
        except KeyError:
            missing.append(code)
    assert [] == missing


def test_words_are_whole_sentences_and_codes_are_codes() -> None:
    for code, words in REASONS.items():
        assert CODE.fullmatch(code), code
        assert words.endswith((".", "?")), code
        assert words[0].isupper(), code


def test_a_code_is_found_by_its_beginning() -> None:
    assert in_words("unexpected-box-signature-version") == REASONS["unexpected"]
    with pytest.raises(KeyError):
        in_words("unheard-of")


def test_every_refusal_of_our_cases_has_words() -> None:
    reasons = {refusal(case) for case in read_cases(FOLDER)} - {None}
    assert len(reasons) > 10
    for reason in reasons:
        assert in_words(str(reason))
