"""No durable function runs in another SDK than the one that was tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.local.refusals import refusals
from verihook.local.durable import sdk_parts
from verihook.local.foreign import Library


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("SDK", "aws_durable_execution_sdk_python.state:ExecutionState.create_checkpoint"),
        ("TESTING_SDK", "aws_durable_execution_sdk_python_testing.executor:Executor._begin_invocation"),
    ],
)
def test_each_part_that_is_another_is_refused_in_words(name: str, first: str, tmp_path: Path) -> None:
    library: Library = getattr(sdk_parts, name)
    words, files, each = refusals(sdk_parts.__name__, name, first, tmp_path)
    assert words.startswith(f"{library.name} {library.tried}: {first}: Verihook replaces parts of this library")
    assert words.endswith(f"install that release: pip install '{library.name}=={library.tried}'")
    assert [] == files
    assert library.parts.keys() == each.keys()
    assert [] == [part for part, (other, same) in each.items() if not (other and f": {part}: " in other) or same]
