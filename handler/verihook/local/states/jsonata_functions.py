"""The functions that Step Functions adds to JSONata, and those whose clock and chance are the execution's.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn
"""

from __future__ import annotations

import hashlib
import random
from typing import Any

from verihook.local.states.data import MAX_BYTES, is_whole, value_of
from verihook.local.states.intrinsic_functions import HASHES, MAX_ITEMS, unique_id
from verihook.local.states.scope import Scope
from verihook.local.states.timestamps import written


def functions(scope: Scope) -> dict[str, Any]:
    """Return the functions by name, for expressions that are evaluated in this scope."""
    from jsonata import Jsonata  # type: ignore[import-untyped]  # the package has no types

    given = {
        "uuid": lambda: unique_id(scope.chance),
        "random": lambda *seed: _random(scope.chance, *seed),
        "millis": lambda: int(scope.now * 1000),
        "now": lambda *picture: _now(scope.now, *picture),
        "hash": _hash,
        "parse": _parse,
        "partition": _partition,
        "range": _range,
        "pad": _pad,
        "eval": _eval,
    }
    return {name: Jsonata.JLambda(function) for name, function in given.items()}


def _random(chance: random.Random, seed: Any = None) -> float:
    return chance.random() if seed is None else random.Random(seed).random()  # noqa: S311  # not for secrets


def _now(now: float, picture: Any = None, timezone: Any = None) -> Any:
    if picture is None:
        return written(now)
    from jsonata.functions import Functions  # type: ignore[import-untyped]  # the package has no types

    return Functions.datetime_from_millis(int(now * 1000), picture, timezone)


def _parse(text: Any) -> Any:
    from jsonata.utils import Utils  # type: ignore[import-untyped]  # the package has no types

    if not isinstance(text, str):
        raise ValueError("$parse takes a string")
    value = value_of(text)
    return Utils.NULL_VALUE if value is None else value


def _hash(text: str, algorithm: str = "SHA-256") -> str:
    if algorithm not in HASHES:
        raise ValueError(f"$hash takes one of {', '.join(HASHES)}")
    return hashlib.new(HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _partition(values: Any, size: Any) -> list[list[Any]]:
    if not isinstance(values, list) or not is_whole(size) or size < 1:
        raise ValueError("$partition takes an array and a size of at least 1")
    return [list(values[start : start + int(size)]) for start in range(0, len(values), int(size))]


def _range(first: Any, last: Any, step: Any) -> Any:
    if not (is_whole(first) and is_whole(last) and is_whole(step)) or step == 0:
        raise ValueError("$range takes three whole numbers, of which the last is not 0")
    found = range(int(first), int(last) + (1 if step > 0 else -1), int(step))
    if len(found) > MAX_ITEMS:
        raise ValueError(f"$range makes at most {MAX_ITEMS} items")
    return found[0] if len(found) == 1 else list(found)  # AWS was seen to unwrap a single one


def _pad(text: str, width: Any, character: str = " ") -> str:
    """https://docs.jsonata.org/string-functions#pad , and no wider than a state's data may be."""
    if abs(width) > MAX_BYTES:
        raise ValueError(f"$pad makes at most {MAX_BYTES} characters")
    missing = max(abs(int(width)) - len(text), 0)
    fill = ((character or " ") * missing)[:missing]
    return text + fill if width > 0 else fill + text


def _eval(*_: Any) -> Any:
    raise ValueError("$eval is not supported by Step Functions; use $parse")
