"""Runs the checks in their order, shows them, and says what to type next. A check that cannot run is left out, with the
one before it saying why."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from lockstep.directory.identification import Identified
from lockstep.errors import LockstepError
from lockstep.local.doctor import Check, Health, fail, machine, ok, tenant
from lockstep.local.door import run
from lockstep.local.tenants import TenantAccess, of_place
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
    place, settings = _place(stack, cwd, rehearse=rehearse)
    checks.append(settings)
    target = place.target if place else f"target: none, --stack {stack} cannot be read"
    screen.progress(target, "bold")
    identified, state = list[Identified](), machine.StackState(known=False)
    if place is not None:
        more, identified, state = _look(place)
        checks += more
    step = _next(place, checks, identified, state)
    width = max(len(check.name) for check in checks)
    for check in checks:
        screen.result(f"{check.health.value:<5} {check.name:<{width}}  {visible(check.result)}", _STYLES[check.health])
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


def _look(place: Workplace) -> tuple[list[Check], list[Identified], machine.StackState]:
    environ, local = dict(os.environ), place.settings.is_local
    there = not local or place.local.emulator.is_file()
    with ThreadPoolExecutor(2) as pool:  # pulumi, its backend and the tenant may each be slow
        pulumi = pool.submit(machine.check_pulumi, environ, local=local)
        reading = pool.submit(machine.read_state, place, environ)
        look = _ask(place) if there else tenant.TenantLook()
        state = reading.result()
    if look.lacks(state):
        look = _ask(place, state)
    checks = [pulumi.result(), *([machine.check_engine(environ)] if local else [])]
    checks += [machine.check_backend(place, environ), machine.check_state(state, place), *machine.check_copies(place)]
    if not there:
        return [*checks, ok("tenant", "new: the emulator is made by the first run")], [], state
    identified = look.identified(state)
    checks += [*tenant.check_caller(look, place.settings.tenant_id), *tenant.check_shared(identified, look.plan)]
    checks += tenant.check_names(identified, state, place)
    return checks, identified, state


def _ask(place: Workplace, state: machine.StackState | None = None) -> tenant.TenantLook:
    async def ask(source: TenantAccess) -> tenant.TenantLook:
        plan = source.plan.with_recorded(state.recorded) if state else source.plan
        try:
            async with asyncio.timeout(PATIENCE), source.graph() as graph:
                return await tenant.look(graph, plan)
        except TimeoutError:
            return tenant.TenantLook(
                error=f"no answer within {PATIENCE:.0f} s; to fix: check the network and the proxy"
            )

    with ExitStack() as cleanup:
        try:
            return run(ask(of_place(place, cleanup, deadline=PATIENCE)))
        except LockstepError as error:
            return tenant.TenantLook(error=" ".join(str(error).split()))


def _next(
    place: Workplace | None, checks: Iterable[Check], identified: Iterable[Identified], state: machine.StackState
) -> str:
    """Return the one command to type next."""
    failed = {check.name: check for check in reversed(list(checks)) if check.health is Health.FAIL}
    if place is None:
        return failed["settings"].fix
    words = machine.words(place)
    if failed.keys() == {"names"}:
        return f"lockstep adopt {words}"
    if failed and failed.keys() <= {"names", "ids"}:
        return failed["ids"].fix.split("`")[1] if "`" in failed["ids"].fix else failed["ids"].fix
    for name in ("pulumi", "backend", "state", "sign-in", "tenant"):
        if name in failed:
            return failed[name].fix
    if state.known and state.resources:
        return f"lockstep audit {words}"
    if place.settings.is_local:
        return f"lockstep up {words}"
    if not state.known and tenant.existing(identified):
        return f"lockstep audit {words}"
    pack = " --policy-pack policy" if place.packs else ""
    return f"pulumi preview -s {place.stack} --diff{pack}"
