"""Every list reads one index, from the newest back."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.unit.adapters.ledgers.sqlite.looking import plan
from verihook.adapters.ledgers.sqlite import SqliteFile
from verihook.adapters.ledgers.sqlite.lists import LISTS
from verihook.model.listing import Index

PLACE = "created_at>? AND (created_at,id)<(?,?)"
EXPECTED: dict[Index, list[str]] = {
    "created": [f"SEARCH instances USING INDEX instances_created ({PLACE})"],
    "workflow": [f"SEARCH instances USING INDEX instances_of_a_workflow (workflow=? AND {PLACE})"],
    "status": [f"SEARCH instances USING INDEX instances_in_a_status (status=? AND {PLACE})"],
    "workflow-status": [
        f"SEARCH instances USING INDEX instances_of_a_workflow_in_a_status (workflow=? AND status=? AND {PLACE})"
    ],
    "source": [f"SEARCH instances USING INDEX instances_of_a_source (source=? AND {PLACE})"],
    "label": [
        f"SEARCH labels USING PRIMARY KEY (name=? AND value=? AND {PLACE})",
        "SEARCH instances USING INDEX sqlite_autoindex_instances_1 (id=?)",
    ],
}


@pytest.mark.parametrize("index", get_args(Index))
def test_a_list_reads_its_index_and_sorts_nothing(file: SqliteFile, index: Index) -> None:
    assert plan(file, LISTS[index]) == EXPECTED[index]
