"""docs/dialects.md against the code: the words of statuses, the routes and their scopes."""

from __future__ import annotations

import re
from typing import get_args

from tests.flows.deployment import ROOT
from verihook.dialects import DIALECTS, ROUTES
from verihook.model.instance import Status

PAGE = (ROOT / "docs" / "dialects.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


def test_the_table_of_status_words() -> None:
    told = {row[0].strip("`"): row[1:] for row in ROWS if row[0].strip("`") in get_args(Status)}
    assert told == {status: [dialect.words[status] for dialect in DIALECTS] for status in get_args(Status)}


def routes() -> dict[str, str]:
    """Each route that the page writes out, with the scope beside it. ``{}`` for any name; what asks is left out."""
    told = {}
    for *cells, _ in (row for row in ROWS if len(row) == 3):
        calls, scope = cells if len(cells) == 2 else (cells[0], "")
        method = ""
        for part in re.findall(r"`([^`]+)`", calls):
            given, _, path = part.rpartition(" ")
            method = given or method
            told[f"{method} {re.sub(r'{[^}]*}', '{}', path.partition('?')[0])}"] = scope.strip("`")
    return {call: scope for call, scope in told.items() if call.partition(" ")[2].startswith("/")}


def test_every_route_that_is_written_out_is_there_and_wants_the_scope_beside_it() -> None:
    ours = {call: scope for call, scope in ROUTES.items() if ":path}" not in call}
    served = {re.sub(r"{[^}]*}", "{}", call): scope for call, scope in ours.items()}
    told = {call: scope for call, scope in routes().items() if ":" in scope}
    assert len(told) >= 15
    assert told == {call: served.get(call) for call in told}
