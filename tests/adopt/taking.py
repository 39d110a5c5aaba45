"""Adoption over an emulated tenant and a rehearsed stack, step by step and without the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from lockstep.adopt.adoption import plans_of
from lockstep.adopt.document import import_document
from lockstep.adopt.plan import AppPlan, adopted_settings
from lockstep.audit.subjects import of_stack
from lockstep.directory import open_graph
from lockstep.emulator import TENANT_ID
from lockstep.rehearsal import Result, read_import_document
from lockstep.settings.reading import read_settings
from tests.scenarios.estate import ENV, Estate, of_apps
from tests.settings.reading import merged


@dataclass
class Adoption:
    """What was found, and how the import went."""

    plans: list[AppPlan]
    imported: Result | None = None

    def plan(self, name: str) -> AppPlan:
        """Return the plan of an app by its documented name, or of a shared principal by its own."""
        (found,) = [plan for plan in self.plans if name in (plan.name, plan.expected.app.name)]
        return found


def look(estate: Estate, *, chosen: Mapping[str, str] | None = None, claim: bool = False) -> list[AppPlan]:
    """Return the plans of `lockstep adopt` for a stack."""
    rehearsal = estate.rehearsal()
    settings = read_settings(rehearsal.config, where="test")

    async def read() -> list[AppPlan]:
        transport = httpx.ASGITransport(app=estate.emulator.app)
        clock = estate.emulator.clock
        async with await open_graph(ENV, TENANT_ID, transport=transport, clock=clock, sleep=clock.sleep) as graph:
            return await plans_of(graph, of_stack(settings), chosen or {}, claim=claim)

    return asyncio.run(read())


def take_over(estate: Estate, *, chosen: Mapping[str, str] | None = None, claim: bool = False) -> Adoption:
    """Do what `lockstep adopt --write` does: settings, document, import."""
    adoption = Adoption(look(estate, chosen=chosen, claim=claim))
    rehearsal = estate.rehearsal()
    taken: dict[str, dict[str, Any]] = {
        key: {"adopted": entry} for key, entry in adopted_settings(adoption.plans).items()
    }
    if claim:
        taken["spfx"] = {"claim": True}
    estate.settings = merged(estate.settings, of_apps(taken))
    if estate.state is None:
        estate.change(of_apps(taken))
    else:
        rehearsal = estate.rehearsal()
    urns = [entry.urn for entry in rehearsal.snapshot().resources]
    document = import_document(adoption.plans, project=rehearsal.project.name, stack=estate.stack, urns=urns)
    adoption.imported = rehearsal.import_(read_import_document(document))
    return adoption
