"""The functions that Step Functions adds to JSONata, and those whose clock and chance are the execution's.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from functools import cache
from typing import Any

from verihook.local.states.data import MAX_BYTES, is_whole, value_of
from verihook.local.states.intrinsic_functions import HASHES, MAX_ITEMS, unique_id
from verihook.local.states.scope import Scope
from verihook.local.states.timestamps import written

#: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Random.html
_MULTIPLIER = 0x5DEECE66D
_MASK = (1 << 48) - 1


def functions(scope: Scope) -> dict[str, Any]:
    """Return the functions by name, for expressions that are evaluated in this scope."""
    from jsonata import Jsonata  # type: ignore[import-untyped]  # the package has no types

    given: dict[str, tuple[Callable[..., Any], str]] = {
        "uuid": (lambda: unique_id(scope.chance), "<:s>"),
        "random": (lambda seed: _random(scope.chance, seed), "<n?:n>"),
        "millis": (lambda: int(scope.now * 1000), "<:n>"),
        "now": (lambda picture, timezone: _now(scope.now, picture, timezone), "<s?s?:s>"),
        "hash": (_hash, "<ss?:s>"),
        "parse": (_parse, "<s:x>"),
        "partition": (_partition, "<xn:a>"),
        "range": (_range, "<nnn:a>"),
        "pad": (_pad, "<s-ns?:s>"),
    }
    made = {}
    for name, (function, signature) in given.items():
        made[name] = Jsonata.JFunction(Jsonata.JLambda(function), None)
        made[name].signature = _signature(name, signature)
    return made


@cache
def _signature(name: str, text: str) -> Any:
    from jsonata.signature import Signature  # type: ignore[import-untyped]  # the package has no types

    return Signature(text, name)


def _random(chance: random.Random, seed: Any = None) -> float:
    """With a seed AWS was seen to give the first double of Java's Random: 0.7275636800328681 for 42."""
    if seed is None:
        return chance.random()
    if not is_whole(seed):
        raise ValueError("$random takes a whole number")
    state = (int(seed) ^ _MULTIPLIER) & _MASK
    bits = []
    for width in (26, 27):
        state = (state * _MULTIPLIER + 0xB) & _MASK
        bits.append(state >> (48 - width))
    return float((bits[0] << 27) + bits[1]) / (1 << 53)


def _now(now: float, picture: Any = None, timezone: Any = None) -> Any:
    if picture is None:
        return written(now)
    from jsonata.functions import Functions  # type: ignore[import-untyped]  # the package has no types

    return Functions.datetime_from_millis(int(now * 1000), picture, timezone)


def _parse(text: Any) -> Any:
    from jsonata.utils import Utils  # type: ignore[import-untyped]  # the package has no types

    if text is None:
        return None
    value = value_of(text)
    return Utils.NULL_VALUE if value is None else value


def _hash(text: str | None, algorithm: str | None) -> str | None:
    if text is None:
        return None
    algorithm = "SHA-256" if algorithm is None else algorithm
    if algorithm not in HASHES:
        raise ValueError(f"$hash takes one of {', '.join(HASHES)}")
    return hashlib.new(HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _partition(values: Any, size: Any) -> list[list[Any]] | None:
    if values is None or size is None:
        return None
    if not isinstance(values, list) or not is_whole(size) or size < 1:
        raise ValueError("$partition takes an array and a size of at least 1")
    return [list(values[start : start + int(size)]) for start in range(0, len(values), int(size))]


def _range(first: Any, last: Any, step: Any) -> Any:
    if first is None or last is None or step is None:
        return None
    if not (is_whole(first) and is_whole(last) and is_whole(step)) or step == 0:
        raise ValueError("$range takes three whole numbers, of which the last is not 0")
    found = range(int(first), int(last) + (1 if step > 0 else -1), int(step))
    if len(found) > MAX_ITEMS:
        raise ValueError(f"$range makes at most {MAX_ITEMS} items")
    return found[0] if len(found) == 1 else list(found)  # AWS was seen to unwrap a single one


def _pad(text: str | None, width: Any, character: str | None) -> str | None:
    """https://docs.jsonata.org/string-functions#pad , and no wider than a state's data may be."""
    if text is None or width is None:
        return None
    if abs(width) > MAX_BYTES:
        raise ValueError(f"$pad makes at most {MAX_BYTES} characters")
    missing = max(abs(int(width)) - len(text), 0)
    fill = ((character or " ") * missing)[:missing]
    return text + fill if width > 0 else fill + text
