"""Chance that can be had again: the same seed and the same question, asked as often, give the same answer.

Each question has a row of its own, so that requests of several clients may come in any order. Knows nothing else.
"""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b


class Dice:
    """Rolls by seed, question and how often it was asked."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._asked: Counter[tuple[object, ...]] = Counter()

    def roll(self, *question: object) -> float:
        """Return a number from 0 up to, but not including, 1."""
        self._asked[question] += 1
        text = f"{self.seed}|{self._asked[question]}|{question!r}"
        return int.from_bytes(blake2b(text.encode(), digest_size=6).digest()) / 2**48

    def happens(self, share: float, *question: object) -> bool:
        """Tell whether something happens that happens in this share of all cases."""
        return share > 0 and self.roll(*question) < share

    def between(self, low: float, high: float, *question: object) -> float:
        """Return a number of this range."""
        return low + (high - low) * self.roll(*question)
