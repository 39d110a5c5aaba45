from __future__ import annotations

import asyncio

import pytest

from lockstep.directory import AccessToken, CachedCredential
from tests.directory.scripted import run


class Source:
    """Gives numbered tokens that live for an hour."""

    def __init__(self, now: list[float]) -> None:
        self.now = now
        self.asked = 0

    async def __call__(self) -> AccessToken:
        self.asked += 1
        number = self.asked
        await asyncio.sleep(0)
        return AccessToken(f"token-{number}", self.now[0] + 3600)


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


def test_token_is_kept_until_five_minutes_before_its_end(now: list[float]) -> None:
    source = Source(now)
    credential = CachedCredential(source, method="test", wall_clock=lambda: now[0])

    async def work() -> list[str]:
        texts = []
        for moment in (1000.0, 4299.0, 4301.0):
            now[0] = moment
            texts.append((await credential.token()).text)
        return texts

    assert run(work()) == ["token-1", "token-1", "token-2"]


def test_token_asked_for_by_many_at_once_is_one_sign_in(now: list[float]) -> None:
    source = Source(now)
    credential = CachedCredential(source, method="test", wall_clock=lambda: now[0])

    async def work() -> set[str]:
        await asyncio.gather(*(credential.token() for _ in range(5)))
        renewed = await asyncio.gather(*(credential.token(fresh=True) for _ in range(5)))
        return {token.text for token in renewed}

    assert run(work()) == {"token-2"}
    assert source.asked == 2


def test_token_is_in_no_repr(now: list[float]) -> None:
    credential = CachedCredential(Source(now), method="test", wall_clock=lambda: now[0])
    token = run(credential.token())
    assert "token-1" not in repr(token) + str(token) + repr(credential) + f"{token}"
