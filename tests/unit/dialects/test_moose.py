from __future__ import annotations

from verihook.dialects.moose import run_id, workflow_id
from verihook.model.instance import INSTANCE_ID, Instance

INPUT = '{"inputValue":"process-user-data","priority":"high"}'


def test_the_id_is_the_name_and_16_digits_of_the_inputs_digest() -> None:
    assert workflow_id("data-processing", INPUT) == "data-processing-d2e67f991d7bf918"
    assert workflow_id("data-processing", None) == "data-processing"


def test_a_long_name_is_cut_and_told_apart_by_the_digest() -> None:
    first, second = (workflow_id("n" * 60 + last, INPUT) for last in "ab")
    assert first != second
    assert first == workflow_id("n" * 60 + "a", INPUT)
    for id in (first, second):
        assert INSTANCE_ID.fullmatch(id)


def test_each_attempt_is_a_run_of_its_own_and_always_the_same() -> None:
    runs = [run_id(Instance("a", "w", "{}", 1, 1, attempt=attempt)) for attempt in (1, 2, 1)]
    assert runs[0] == runs[2] != runs[1]
