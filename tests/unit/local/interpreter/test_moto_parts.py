"""No state machine runs in another interpreter than the one that was tried, or its tasks could call anywhere."""

from __future__ import annotations

from pathlib import Path

from tests.unit.local.refusals import refusals
from verihook.local.interpreter.moto_parts import MOTO


def test_each_part_that_is_another_is_refused_in_words(tmp_path: Path) -> None:
    endpoint = "moto.stepfunctions.parser.asl.utils.boto_client:boto_client_for"
    module = "verihook.local.interpreter.moto_parts"
    words, files, each = refusals(module, "MOTO", "Interpreter", endpoint, tmp_path)
    assert words.startswith(f"moto 5.2.5: {endpoint}: Verihook replaces parts of this library")
    assert words.endswith("install that release: pip install 'moto==5.2.5'")
    assert [] == files
    assert MOTO.parts.keys() == each.keys()
    assert [] == [part for part, (other, same) in each.items() if not (other and f": {part}: " in other) or same]
