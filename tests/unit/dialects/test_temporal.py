from __future__ import annotations

from verihook.dialects.temporal import fresh_id
from verihook.model.instance import INSTANCE_ID


def test_ids_are_the_name_a_word_and_a_suffix_of_their_own() -> None:
    ids = {fresh_id("shopping") for _ in range(10)}
    assert len(ids) == 10
    assert all(id.startswith("shopping-workflow-") for id in ids)
    assert INSTANCE_ID.fullmatch(fresh_id("n" * 63))
