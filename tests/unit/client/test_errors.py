from __future__ import annotations

import pickle
import re

import pytest

from verihook.client import errors
from verihook.client.errors import ApiError, ClientError, InstanceFailed, Problem, WaitTimeout


def test_the_tree_is_as_drawn() -> None:
    drawn = dict(re.findall(r"[├└]── (\w+) +(.*)", errors.__doc__ or ""))
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ClientError)]
    assert {kind.__name__ for kind in kinds} == {*drawn, "ClientError"}
    for name, text in drawn.items():
        for status in re.findall(r"\b[45][0-9]{2}\b", text):
            assert name == type(ApiError.of(Problem(int(status)))).__name__


@pytest.mark.parametrize(
    "error",
    [
        ApiError.of(Problem(409, "conflict", "It is taken.", instance_id="a")),
        InstanceFailed("a", "failed", "Payment", None),
        WaitTimeout("a", "running", 1.5),
    ],
)
def test_errors_go_from_process_to_process(error: ClientError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(error), str(error), vars(error)) == (type(copy), str(copy), vars(copy))


def test_words() -> None:
    assert "The server answered 500." == str(ApiError(Problem(500)))
    assert "The instance a is failed: Payment: declined" == str(InstanceFailed("a", "failed", "Payment", "declined"))
    assert "The instance a is terminated" == str(InstanceFailed("a", "terminated", None, None))
