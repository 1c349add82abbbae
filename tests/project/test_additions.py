"""What a new part takes: so many files, and so many rows in a table of ours. CONTRIBUTING.md tells the same numbers.

    dialect                1 file, dialects/NAME.py            1 row of dialects/__init__.py
    operation of the API   1 file, api/operations/NAME.py      1 row of api/operations/__init__.py
    engine                 1 file, adapters/engines/NAME.py    1 row of config/workflows.py
    secret store           1 file, adapters/secrets/NAME.py    1 row of senders/references.py

A row of the first two comes with its import. Each test adds a part to a copy of the tree, runs the suites that go
through the table, and meets the part through the public face.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.mutants.trees import Tree, trees

# Each runs suites of its own in a copy of the tree.
pytestmark = pytest.mark.in_turn

PARTS = "tests/project/additions"


@pytest.fixture
def tree() -> Iterator[Tree]:
    """A copy of the tree, to add to."""
    with trees(1) as (tree,):
        yield tree


def add(tree: Tree, part: str, file: str, table: str, begins: str, row: str, imported: str = "") -> None:
    """Add a part: one file of the package, and one row, with its import if it needs one, in a table there.

    ``begins``: the line after which the table's rows stand.
    """
    package = tree.folder / "handler" / "verihook"
    assert not (package / file).exists()
    shutil.copy(tree.folder / PARTS / part, package / file)
    text = (package / table).read_text()
    assert text.count(begins) == 1, begins
    text = text.replace(begins, f"{begins}\n    {row}")
    future = "from __future__ import annotations\n"
    (package / table).write_text(text.replace(future, f"{future}\n{imported}", 1))


def check(tree: Tree, *tests: str) -> None:
    """These tests pass in the tree."""
    code, output = tree.run(tests, patience=300)
    assert code == pytest.ExitCode.OK, output
    assert " passed" in output


def test_a_dialect_is_one_file_and_one_row(tree: Tree) -> None:
    row = 'Dialect("acme", ("/acme",), acme.ROUTES, acme.add_routes, acme.render, acme.WORDS),'
    imported = "from verihook.dialects import acme"
    add(tree, "acme_dialect.py", "dialects/acme.py", "dialects/__init__.py", "DIALECTS = (", row, imported)
    check(tree, f"{PARTS}/meets_dialect.py", "tests/unit/test_dialects.py")
    # The matrix has its routes by itself.
    check(tree, "tests/project/test_api_authorization.py", "-k", "acme")
    check(tree, "tests/project/test_ports.py")


def test_an_operation_of_the_api_is_one_file_and_one_row(tree: Tree) -> None:
    row = 'Operation("GET", "/v1/instances/{instanceId}/echo", "instances:read", echo.get_echo),'
    imported, table = "from verihook.api.operations import echo", "api/operations/__init__.py"
    add(tree, "echo_operation.py", "api/operations/echo.py", table, "OPERATIONS = (", row, imported)
    check(tree, f"{PARTS}/meets_operation.py", "tests/flows/api/test_openapi.py::test_every_parameter_is_told")
    check(tree, "tests/project/test_api_authorization.py", "-k", "echo or documented")


def test_an_engine_is_one_adapter_and_one_row(tree: Tree) -> None:
    row = '"memo": "verihook.adapters.engines.memo",'
    add(tree, "memo_engine.py", "adapters/engines/memo.py", "config/workflows.py", "ENGINES = {", row)
    check(tree, f"{PARTS}/meets_engine.py")


def test_a_secret_store_is_one_file_and_one_row(tree: Tree) -> None:
    row = '"vault": Store("vault:NAME", "[a-z]+", "verihook.adapters.secrets.vault"),'
    add(tree, "vault_secrets.py", "adapters/secrets/vault.py", "senders/references.py", "STORES = {", row)
    check(tree, f"{PARTS}/meets_secret_store.py")
