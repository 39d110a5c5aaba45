"""Runs the checks in their order, shows them, and says what to type next. A check that cannot run is left out, with the
one before it saying why."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from lockstep.errors import LockstepError
from lockstep.local.doctor import machine, tenant
from lockstep.local.doctor.check import Check, Health, fail, ok
from lockstep.local.door import run
from lockstep.local.tenants import Source, of_place
from lockstep.local.workplace import Workplace, open_workplace, relative
from lockstep.report.screen import Screen
from lockstep.report.text import visible

PATIENCE = 8.0
"""Seconds for the tenant, sign-in included. pulumi is asked meanwhile, so that the doctor answers within ten."""

_STYLES = {Health.OK: "", Health.WARN: "yellow", Health.FAIL: "bold red"}


def examine(stack: str, cwd: Path, rehearse: bool, as_json: bool) -> int:
    """Look at everything; return 1 when something is missing without which the next step does not work."""
    screen = Screen(as_json=as_json)
    checks = [machine.check_python()]
    place, said = _place(stack, cwd, rehearse=rehearse)
    checks.append(said)
    target = place.target if place else f"target: none, --stack {stack} cannot be read"
    screen.progress(target, "bold")
    seen, state = tenant.Seen(), machine.State(known=False)
    if place is not None:
        found, seen, state = _look(place)
        checks += found
    step = _next(place, checks, seen, state)
    width = max(len(check.name) for check in checks)
    for check in checks:
        screen.result(f"{check.health.value:<5} {check.name:<{width}}  {visible(check.found)}", _STYLES[check.health])
        if check.fix:
            screen.result(f"      {'':<{width}}  fix: {visible(check.fix)}")
    screen.result(f"next: {step}", "bold")
    code = int(any(check.health is Health.FAIL for check in checks))
    screen.progress(f"{target}: doctor {'done' if not code else f'exit code {code}'}", "bold")
    screen.document(
        {
            "operation": "doctor",
            "stack": stack,
            "exitCode": code,
            "target": target.removeprefix("target: "),
            "checks": [check.document() for check in checks],
            "next": step,
        }
    )
    return code


def _place(stack: str, cwd: Path, *, rehearse: bool) -> tuple[Workplace | None, Check]:
    try:
        place = open_workplace(cwd, stack, rehearse=rehearse)
    except LockstepError as error:
        return None, fail("settings", " ".join(str(error).split()), "correct the stack file: docs/settings.md")
    return place, ok("settings", f"{relative(place.path)} is sound: {', '.join(place.settings.vendors)}")


def _look(place: Workplace) -> tuple[list[Check], tenant.Seen, machine.State]:
    environ, local = dict(os.environ), place.settings.is_local
    there = not local or place.local.emulator.is_file()
    with ThreadPoolExecutor(2) as pool:  # pulumi, its backend and the tenant may each be slow
        pulumi = pool.submit(machine.check_pulumi, environ, local=local)
        asked = pool.submit(machine.read_state, place, environ)
        seen = _ask(place) if there else tenant.Seen()
        state = asked.result()
    checks = [pulumi.result(), *([machine.check_engine(environ)] if local else [])]
    checks += [machine.check_backend(place, environ), machine.check_state(state, place)]
    if not there:
        return [*checks, ok("tenant", "new: the emulator is made by the first run")], seen, state
    reading = tenant.check_reading(seen)
    checks += [tenant.check_identity(seen, place.settings.tenant_id), *tenant.check_rights(seen)]
    checks += [reading] if reading else []
    checks += [*tenant.check_shared(seen), *tenant.check_names(seen, state, place)]
    return checks, seen, state


def _ask(place: Workplace) -> tenant.Seen:
    async def ask(source: Source) -> tenant.Seen:
        try:
            async with asyncio.timeout(PATIENCE), source.graph() as graph:
                return await tenant.look(graph, source.plan)
        except TimeoutError:
            return tenant.Seen(error=f"no answer within {PATIENCE:.0f} s; to fix: check the network and the proxy")

    with ExitStack() as cleanup:
        try:
            return run(ask(of_place(place, cleanup, deadline=PATIENCE)))
        except LockstepError as error:
            return tenant.Seen(error=" ".join(str(error).split()))


def _next(place: Workplace | None, checks: Iterable[Check], seen: tenant.Seen, state: machine.State) -> str:
    """Return the one command to type next."""
    failed = {check.name: check for check in checks if check.health is Health.FAIL}
    if place is None:
        return failed["settings"].fix
    words = machine.words(place)
    if "names" in failed and not (failed.keys() - {"names"}):
        return f"lockstep adopt {words}"
    for name in ("pulumi", "backend", "state", "sign-in", "tenant"):
        if name in failed:
            return failed[name].fix
    if state.known and state.resources:
        return f"lockstep audit {words}"
    if place.settings.is_local:
        return f"lockstep up {words}"
    if not state.known and tenant.existing(seen.found):
        return f"lockstep audit {words}"
    pack = " --policy-pack policy" if (place.project.directory / "policy" / "PulumiPolicy.yaml").is_file() else ""
    return f"pulumi preview -s {place.stack} --diff{pack}"
