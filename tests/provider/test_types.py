"""A type that `entraconsent` does not have is refused by each question about a resource, and nothing is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import grpc
import pytest

from lockstep.emulator import Emulator
from tests.provider.harness import Provider, Recorded, RefusedByProviderError

Question = Callable[[Provider, Recorded], Awaitable[object]]
QUESTIONS: dict[str, Question] = {
    "Create": lambda provider, old: provider.create(old.type, old.name, {}),
    "Diff": lambda provider, old: provider.diff(old, {}),
    "Update": lambda provider, old: provider.update(old, {}),
    "Read": lambda provider, old: provider.read(old),
    "Delete": lambda provider, old: provider.delete(old),
}


async def _asked(question: Question, provider: Provider, old: Recorded) -> None:
    await question(provider, old)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_type_that_is_none_of_ours_is_refused(entra: Emulator, question: Question) -> None:
    provider = Provider(entra)
    old = Recorded("entraconsent:index:AdminConsents", "x", "x", {}, {})
    with pytest.raises(RefusedByProviderError, match="entraconsent has no resource type") as refused:
        asyncio.run(_asked(question, provider, old))
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "entraconsent:index:AdminConsent, " in str(refused.value)
    assert not list(entra.log)
