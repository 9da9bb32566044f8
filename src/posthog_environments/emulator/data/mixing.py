"""Chance that is a function: of the seed, of a label, and of the number of a row.

Row 4 711 is always the same, whatever was computed before it, so millions of rows need no memory. Identifiers hold
the number of their row, scrambled by a reversible function, so that a row is found without a search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def scramble(number: int) -> int:
    """Spread a number over 64 bits (the finalizer of splitmix64)."""
    number = (number + _GOLDEN) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


def key_of(seed: int, label: str) -> int:
    """64 bits that belong to one seed and one purpose."""
    return int.from_bytes(blake2b(f"{seed}/{label}".encode(), digest_size=8).digest(), "big")


class Dice:
    """The random choices of one row, in the order in which they are made."""

    __slots__ = ("_state",)

    def __init__(self, state: int) -> None:
        self._state = state

    def below(self, bound: int) -> int:
        """A number from 0 up to `bound`."""
        self._state = scramble(self._state)
        return self._state % bound

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self.below(len(choices))]

    def percent(self, chance: int) -> bool:
        """True in `chance` of 100 cases."""
        return self.below(100) < chance


class Source:
    """The dice of every row of one kind."""

    def __init__(self, seed: int, label: str) -> None:
        self._key = key_of(seed, label)

    def dice(self, row: int) -> Dice:
        return Dice(self._key ^ scramble(row))


class Cipher:
    """A reversible scrambling of the numbers that fit into some bits."""

    def __init__(self, key: int, bits: int) -> None:
        self._bits = bits
        self._mask = (1 << bits) - 1
        self._shift = (bits + 1) // 2
        keys = [scramble(key + n) for n in range(3)]
        self._rounds = [(k & self._mask, (scramble(k) | 1) & self._mask) for k in keys]
        self._inverse = [(k, pow(odd, -1, self._mask + 1)) for k, odd in reversed(self._rounds)]

    def encode(self, number: int) -> int:
        for key, odd in self._rounds:
            number = ((number ^ key) * odd) & self._mask
            number ^= number >> self._shift
        return number

    def decode(self, number: int) -> int:
        for key, odd in self._inverse:
            number ^= number >> self._shift
            number = ((number * odd) & self._mask) ^ key
        return number


class Shuffle:
    """A reversible shuffling of the numbers from 0 up to `size`."""

    def __init__(self, key: int, size: int) -> None:
        self._size = size
        self._cipher = Cipher(key, max(2, (size - 1).bit_length())) if size > 1 else None

    def forward(self, number: int) -> int:
        if self._cipher is None:
            return number
        number = self._cipher.encode(number)
        while number >= self._size:
            number = self._cipher.encode(number)
        return number

    def backward(self, number: int) -> int:
        if self._cipher is None:
            return number
        number = self._cipher.decode(number)
        while number >= self._size:
            number = self._cipher.decode(number)
        return number


class Uuids:
    """UUIDs (version 7) of the rows of one kind: time of the row, and its number in the random part."""

    def __init__(self, seed: int, label: str) -> None:
        self._key = key_of(seed, label)
        self._cipher = Cipher(self._key, 62)

    def encode(self, row: int, micros: int) -> str:
        """The UUID of a row that belongs to this time, in microseconds since 1970."""
        value = (micros // 1000) << 80 | 0x7 << 76
        value |= (scramble(self._key ^ row) & 0xFFF) << 64 | 0b10 << 62 | self._cipher.encode(row)
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def decode(self, text: str) -> int | None:
        """The row that this would be the UUID of. Whoever asks compares its UUID: most texts belong to no row."""
        if not is_uuid(text):
            return None
        return self._cipher.decode(int(text.replace("-", ""), 16) & ((1 << 62) - 1))


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None
