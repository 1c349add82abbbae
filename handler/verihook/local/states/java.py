"""What of Java is seen in the answers of AWS: the order of what is in a set, and the numbers of a seeded generator.

https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/HashMap.html and Random.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

_WORD = 0xFFFF_FFFF
_FACTOR = 0x5_DEEC_E66D


def java_bucket(value: Any, size: int) -> int:
    """Return the place of a JSON value in a table of so many places, which are a power of two."""
    hashed = _hash(value)
    return (hashed ^ (hashed >> 16)) & (size - 1)


def java_random(seed: int, first: int, last: int) -> int:
    """Return what a generator with this seed gives first, from a number up to another that is not in it."""
    numbers = _numbers(seed)
    bound = last - first
    if bound >= 2**31:
        return next(number for number in numbers if first <= number < last)
    if bound & (bound - 1) == 0:
        return first + ((bound * ((next(numbers) & _WORD) >> 1)) >> 31)
    while True:
        drawn = (next(numbers) & _WORD) >> 1
        if drawn - drawn % bound + bound - 1 < 2**31:
            return first + drawn % bound


def _numbers(seed: int) -> Iterator[int]:
    """The numbers of 32 bits with a sign that the generator gives."""
    state = seed ^ _FACTOR
    while True:
        state = (state * _FACTOR + 0xB) & 0xFFFF_FFFF_FFFF
        number = state >> 16
        yield number - 2**32 if number >= 2**31 else number


def _hash(value: Any) -> int:
    """The hashCode of null, Boolean, Integer, Long, Double, String, List or Map, as 32 bits without a sign."""
    if value is None:
        return 0
    if isinstance(value, bool):
        return 1231 if value else 1237
    if isinstance(value, int):
        return (value if -(2**31) <= value < 2**31 else value ^ (value >> 32)) & _WORD
    if isinstance(value, float):
        bits = int(struct.unpack(">Q", struct.pack(">d", value))[0])
        return (bits ^ (bits >> 32)) & _WORD
    if isinstance(value, str):
        units = struct.unpack(f">{len(encoded := value.encode('utf-16-be', 'surrogatepass')) // 2}H", encoded)
        return _joined(0, units)
    if isinstance(value, list):
        return _joined(1, map(_hash, value))
    return sum(_hash(name) ^ _hash(inner) for name, inner in value.items()) & _WORD


def _joined(start: int, parts: Iterable[int]) -> int:
    return reduce(lambda hashed, part: (31 * hashed + part) & _WORD, parts, start)
