"""What a customer decided: which apps a stack deploys, what it withholds, and who gives the consents.

Values only. Whoever reads stack files makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lockstep.catalogue import Permission


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a documented permission is withheld, and who decided."""

    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class AppChoice:
    """What a stack does with one app that it deploys.

    `withheld`, `tolerated` and `refused` hold documented permissions; every other certain one is asked for.
    `required` holds those that are only documented as possible, and are asked for all the same. With `by_admin`, an
    administrator gives the consents, and not the stack.
    """

    withheld: Mapping[Permission, Decision] = field(default_factory=dict)
    tolerated: frozenset[Permission] = frozenset()
    refused: frozenset[Permission] = frozenset()
    required: frozenset[Permission] = frozenset()
    by_admin: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of one stack. `apps` has the apps that it deploys, by vendor and app key, and no others."""

    stack: str
    target: str
    apps: Mapping[tuple[str, str], AppChoice]
