"""`lockstep doctor`: is everything there for a preview, a deployment, an audit; and what to type next. Only reads.

Runs the checks in their order and shows them. A check that cannot run is left out, with the one before it saying why.

- of this machine: Python, the Pulumi CLI, the azuread plugin, a backend, and the state of the stack. Starts `pulumi` to
  ask it two questions, each for a few seconds at most
- of the tenant: who is signed in, what that caller lacks, both SharePoint principals, what is there already. A few
  batches of reads; writes nothing
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import Any

from lockstep import __version__
from lockstep.audit.standing import AppStanding, described, standing_of, way_on
from lockstep.audit.subjects import AuditPlan
from lockstep.catalogue import AppKind
from lockstep.consent import Consent
from lockstep.directory import Graph, Identity
from lockstep.directory.identification import AppState, Identified, RecordedIds, identify
from lockstep.directory.offers import NotOffered, grouped, not_offered
from lockstep.directory.principals import Apis
from lockstep.directory.reading import read_tenant
from lockstep.directory.records import TenantReading
from lockstep.directory.rights import (
    GIVES_ROLES,
    NAMES,
    TASKS,
    creates_foreign_principals,
    gives_directory_roles,
    how_a_foreign_principal_comes,
    lacking,
)
from lockstep.directory.uri_policy import READS_POLICY, UriPolicy, read_uri_policy
from lockstep.errors import LockstepError, SettingError, UsageError
from lockstep.local.backend import Handover
from lockstep.local.door import run
from lockstep.local.engine import PULUMI, choose, pulumi_home
from lockstep.local.preflight import CLASHES, entries_of, recorded_ids
from lockstep.local.pulumi_cli import run_pulumi
from lockstep.local.runtime import obstacles
from lockstep.local.tenants import TenantAccess, of_place
from lockstep.local.workplace import Workplace, open_workplace, relative
from lockstep.report.screen import Screen
from lockstep.report.text import visible
from lockstep.scaffold.files import copies_apart

PATIENCE = 8.0
"""Seconds for the tenant, sign-in included. pulumi is asked meanwhile, so that the doctor answers within ten."""
VERSION_PATIENCE, STATE_PATIENCE = 4.0, 8.0  # seconds for what pulumi is asked, while the tenant is
TESTED = (3, 260)


class Health(StrEnum):
    """How a check ended. Only `fail` ends the command with 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """What was looked at, what came of it, and how to put it right."""

    name: str
    health: Health
    result: str
    fix: str = ""

    def document(self) -> dict[str, str]:
        """Return the check for `--json`."""
        return {"name": self.name, "health": self.health.value, "found": self.result, "fix": self.fix}


def ok(name: str, result: str) -> Check:
    """Return a check that is well."""
    return Check(name, Health.OK, result)


def warn(name: str, result: str, fix: str = "") -> Check:
    """Return a check that is worth knowing about."""
    return Check(name, Health.WARN, result, fix)


def fail(name: str, result: str, fix: str) -> Check:
    """Return a check without which the next step does not work."""
    return Check(name, Health.FAIL, result, fix)


_STYLES = {Health.OK: "", Health.WARN: "yellow", Health.FAIL: "bold red"}


def examine(stack: str, cwd: Path, rehearse: bool, as_json: bool) -> int:
    """Look at everything; return 1 when something is missing without which the next step does not work."""
    screen = Screen(as_json=as_json)
    checks = [check_python()]
    place, settings = _place(stack, cwd, rehearse=rehearse)
    checks.append(settings)
    target = place.target if place else f"target: none, --stack {stack} cannot be read"
    screen.progress(target, "bold")
    identified, state = list[Identified](), StackState(known=False)
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
        setting = isinstance(error, SettingError)
        fix = "correct the stack file: docs/settings.md" if setting else "name a stack that is there: --stack, --cwd"
        return None, fail("settings", " ".join(str(error).split()), fix)
    return place, ok("settings", f"{relative(place.path)} is sound: {', '.join(place.settings.vendors)}")


def _look(place: Workplace) -> tuple[list[Check], list[Identified], StackState]:
    environ, local = dict(os.environ), place.settings.is_local
    has_tenant = not local or place.local.emulator.is_file()
    with ThreadPoolExecutor(2) as pool:  # pulumi, its backend and the tenant may each be slow
        pulumi = pool.submit(check_pulumi, environ, local=local)
        reading = pool.submit(read_state, place, environ)
        look = _ask(place) if has_tenant else TenantLook()
        state = reading.result()
    if look.lacks(state):
        look = _ask(place, state)
    checks = [pulumi.result(), *([check_engine(environ)] if local else []), *check_runtime(place, environ)]
    checks += [check_backend(place, environ), check_state(state, place), *check_copies(place)]
    if not has_tenant:
        return [*checks, ok("tenant", "new: the emulator is made by the first run")], [], state
    identified = look.identified(state)
    checks += [*check_caller(look, place.settings.tenant_id), *check_vendors_own(identified, look.identity)]
    checks += check_roles(look)
    checks += check_shared(identified, look.plan)
    checks += [*check_offers(look), *check_uris(look, identified), *check_names(identified, state, place)]
    return checks, identified, state


def _ask(place: Workplace, state: StackState | None = None) -> TenantLook:
    async def ask(source: TenantAccess) -> TenantLook:
        plan = source.plan.with_recorded(state.recorded) if state else source.plan
        try:
            async with asyncio.timeout(PATIENCE), source.graph() as graph:
                return await look(graph, plan)
        except TimeoutError:
            return TenantLook(error=f"no answer within {PATIENCE:.0f} s; to fix: check the network and the proxy")

    with ExitStack() as cleanup:
        try:
            return run(ask(of_place(place, cleanup, deadline=PATIENCE)))
        except LockstepError as error:
            return TenantLook(error=" ".join(str(error).split()))


def _next(place: Workplace | None, checks: Iterable[Check], identified: Iterable[Identified], state: StackState) -> str:
    """Return the one command to type next."""
    failed = {check.name: check for check in reversed(list(checks)) if check.health is Health.FAIL}
    if place is None:
        return failed["settings"].fix
    commands = place.commands
    for name in ("pulumi", "backend", "state", "sign-in", "tenant", "ids", "names", *failed):
        if name in failed:
            return _typed(failed[name].fix)
    if state.known and state.resources:
        return commands.audit
    if place.settings.is_local:
        return commands.up
    if not state.known and existing(identified):
        return commands.audit
    return commands.preview


def _typed(fix: str) -> str:
    """Return the command that a fix begins with, bare, so that it can be copied; the whole fix where it names none."""
    return fix.split("`")[1] if fix.startswith("`") else fix


@dataclass(frozen=True)
class StackState:
    """What the stack's state holds. `known` is False where it could not be asked for."""

    known: bool = True
    resources: int = 0
    pending: int = 0
    locked: bool = False
    used_by: str = ""
    """The command that is working on the stack right now."""
    recorded: Mapping[str, RecordedIds] = field(default_factory=dict)
    """The ids of the applications that are the stack's own, by documented name."""
    why: str = field(default="", compare=False)


def check_python() -> Check:
    """Name Lockstep, Python and the system."""
    return ok("lockstep", f"{__version__}, Python {platform.python_version()}, {platform.system()}")


def check_pulumi(environ: Mapping[str, str], *, local: bool) -> Check:
    """Look for the Pulumi CLI: a local stack can do without it."""
    if shutil.which("pulumi", path=environ.get("PATH", "")) is None:
        if local:
            return warn("pulumi", "not on PATH: a local stack is rehearsed instead")
        return fail("pulumi", "not on PATH", "install the Pulumi CLI: https://www.pulumi.com/docs/install/")
    text = _pulumi(["version"], environ, VERSION_PATIENCE)
    version = re.match(r"v?(\d+)\.(\d+)", text)
    if version is None:
        return warn("pulumi", "on PATH, but it does not say its version", "run `pulumi version` and see why")
    if (int(version[1]), int(version[2])) < TESTED:
        return warn("pulumi", f"{text}; tested with {TESTED[0]}.{TESTED[1]}", "update it when something is odd")
    return ok("pulumi", text)


def check_runtime(place: Workplace, environ: Mapping[str, str]) -> list[Check]:
    """Say what Pulumi would fail on in the project's runtime; only a warning where a rehearsal does without Pulumi."""
    local = place.settings.is_local and choose("auto", environ).name != PULUMI
    say = warn if local else fail
    blocking = obstacles(place.project.directory, environ)
    return [say("runtime", f"`pulumi up` would fail: {obstacle.problem}", obstacle.fix) for obstacle in blocking]


def check_engine(environ: Mapping[str, str]) -> Check:
    """Say which engine a local stack runs on."""
    engine = choose("auto", environ)
    return ok("engine", f"{engine.title}{'' if engine.name == PULUMI else f' ({engine.why})'}")


def check_copies(place: Workplace) -> list[Check]:
    """Say where the project's copies of plugin and pack are other than this Lockstep has them; nothing when none is."""
    apart = copies_apart(place.project.directory)
    command = f"lockstep init {quote(relative(place.project.directory))} --update"
    fix = f"`{command}` writes them anew, and the lock with them"
    return [warn("copies", f"not as in this Lockstep: {', '.join(apart)}", fix)] if apart else []


def check_backend(place: Workplace, environ: Mapping[str, str]) -> Check:
    """Say where the state goes."""
    if place.settings.is_local:
        return _folder(place.local.directory)
    url = environ.get("PULUMI_BACKEND_URL") or _logged_in(environ)
    if not url:
        return fail("backend", "pulumi is logged in nowhere", "`pulumi login`: docs/first-real-tenant.md says where to")
    hidden = re.sub(r"//[^/@]*@", "//***@", url)
    return ok(
        "backend", re.sub(r"((?:sig|token|key|secret|password)\w*)=[^&]*", r"\1=***", hidden, flags=re.IGNORECASE)
    )


def _folder(path: Path) -> Check:
    """Say whether a local stack can keep its files."""
    ancestor = next(folder for folder in (path, *path.parents) if os.path.lexists(folder))
    if not ancestor.is_dir():
        return fail("backend", f"{relative(ancestor)} is not a folder", "move it away")
    if not os.access(ancestor, os.W_OK | os.X_OK):
        return fail("backend", f"{relative(ancestor)} cannot be written", "give yourself the right to write there")
    return ok("backend", f"of this stack alone, in {relative(path)}")


def read_state(place: Workplace, environ: Mapping[str, str]) -> StackState:
    """Return what the stack's state holds; without the Pulumi CLI, that of a real stack is not known."""
    if place.settings.is_local:
        return _local_state(place)
    if shutil.which("pulumi", path=environ.get("PATH", "")) is None:
        return StackState(known=False, why="pulumi is not on PATH")
    text = _pulumi(["stack", "export", "--stack", place.pulumi_stack], environ, STATE_PATIENCE, place.project.directory)
    try:
        return _state({"deployment": json.loads(text)["deployment"]}, locked=False)
    except (ValueError, KeyError, TypeError):
        return StackState(known=False, why=f"`pulumi stack export --stack {place.pulumi_stack}` gave no state")


def check_state(state: StackState, place: Workplace) -> Check:
    """Say what the state holds, and whether a run was killed."""
    if not state.known:
        if place.settings.is_local:
            return fail("state", f"not known: {state.why}", "put that right: nothing can be deployed before")
        fix = f"`pulumi login`, then `pulumi stack init {place.pulumi_stack}` unless the stack is there"
        return warn("state", f"not known: {state.why}", fix)
    if state.used_by:
        return warn("state", f"in use by {state.used_by}", "wait until that has ended")
    if state.pending or state.locked:
        what = "a lock" if state.locked else f"{state.pending} pending operations"
        return fail("state", f"{what} of a run that was cut off", f"`{place.commands.repair}`")
    if not state.resources:
        return ok("state", "empty: nothing deployed yet")
    return ok("state", f"{state.resources} resources, {len(state.recorded)} applications of its own")


def _local_state(place: Workplace) -> StackState:
    try:
        locked = bool(place.backend.read() and place.backend.locks)
        used_by = place.local.holder() or place.backend.holder()
        return replace(_state(Handover(place.backend).latest(), locked=locked), used_by=used_by)
    except LockstepError as error:
        return StackState(known=False, why=" ".join(str(error).split()))


def _state(document: Mapping[str, Any], *, locked: bool) -> StackState:
    entries = entries_of(document)
    pending = (document.get("deployment") or {}).get("pending_operations") or []
    return StackState(resources=len(entries), pending=len(pending), locked=locked, recorded=recorded_ids(entries))


def _logged_in(environ: Mapping[str, str]) -> str:
    try:
        text = (pulumi_home(environ) / "credentials.json").read_text(encoding="utf-8")
        return str(json.loads(text).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def _pulumi(words: list[str], environ: Mapping[str, str], patience: float, cwd: Path | None = None) -> str:
    """Return what pulumi prints, or nothing when it fails or takes too long."""
    try:
        process = run_pulumi(words, cwd, {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}, patience)
    except (OSError, UsageError, subprocess.TimeoutExpired):
        return ""
    return process.stdout.strip() if process.returncode == 0 else ""


@dataclass(frozen=True)
class TenantLook:
    """What the tenant showed; nothing where nobody could ask it."""

    identity: Identity | None = None
    plan: AuditPlan | None = None
    reading: TenantReading | None = None
    missing: tuple[NotOffered, ...] = ()
    """What the tenant's APIs do not offer of what the stack wants."""
    uri_policy: UriPolicy | None = None
    """What the tenant says of new identifier URIs; None where the caller may not read it."""
    error: str = ""

    def identified(self, state: StackState) -> list[Identified]:
        """Return what stands for each app of the stack, by the ids in its state."""
        if self.plan is None or self.reading is None:
            return []
        return identify(self.plan.with_recorded(state.recorded).sought, self.reading, self.plan.names)

    def lacks(self, state: StackState) -> bool:
        """Whether an application of the state was not among what was asked for, and has to be asked for by its id."""
        ids = [ids.object_id for ids in state.recorded.values()]
        return self.reading is not None and any(self.reading.application(ident) is None for ident in ids)


async def look(graph: Graph, plan: AuditPlan) -> TenantLook:
    """Read what there is of the stack's apps, without their consents."""
    identity: Identity | None = None
    try:
        identity = await graph.identity()
        reading = await read_tenant(graph, plan.sought, deleted=True)
        entries = {entry.permission: entry for app in plan.apps for entry in app.asked_of_others}
        wanted = [Consent(key.api, key.type, entry.name, key.id) for key, entry in entries.items()]
        names = {key.api: entry.api_name for key, entry in entries.items()}
        missing = tuple(await not_offered(graph, Apis(graph), wanted, names))
        uri_policy = await read_uri_policy(graph) if any(app.identifier_uris for app in plan.apps) else None
    except LockstepError as error:
        return TenantLook(identity, error=" ".join(str(error).split()))
    return TenantLook(identity, plan, reading, missing, uri_policy)


def check_caller(look: TenantLook, tenant: str) -> list[Check]:
    """Say who is signed in, in which tenant, what the caller lacks for each task, and why it could not be read."""
    problem, _, fix = look.error.partition("; to fix: ")
    who = look.identity
    if who is None:
        return [fail("sign-in", problem, fix or f"`az login --tenant {tenant} --allow-no-subscriptions`")]
    name = f"{'user' if who.is_user else 'application'} {who.name or who.object_id}"
    of = f" {look.reading.tenant_name!r}" if look.reading and look.reading.tenant_name else ""
    held = [NAMES[role] for role in sorted(who.roles or ()) if role in NAMES]
    roles = f", {' and '.join(held)}" if held else ""
    checks = [ok("sign-in", f"{name} (object id {who.object_id}{roles}) in tenant{of} {who.tenant_id}")]
    checks += [_right(who, task) for task in TASKS]
    return checks if look.reading else [*checks, fail("tenant", problem, fix or "give the caller the right to audit")]


def _right(identity: Identity, task: str) -> Check:
    name = f"right to {task}"
    missing = lacking(identity, task)
    if missing is None:
        return warn(name, "the token does not say which directory roles it has", "see docs/first-hour.md for the roles")
    if missing:
        fix = "have it given, then sign in again" if identity.is_user else "consent to it, then sign in again"
        return warn(name, f"lacks {', '.join(missing)}", fix)
    return ok(name, "yes, as far as the token says")


def check_vendors_own(identified: Iterable[Identified], identity: Identity | None) -> list[Check]:
    """Say which vendor's own application the tenant lacks that the caller cannot add; nothing where there is none."""
    absent = [e for e in identified if e.sought.kind is AppKind.ENTERPRISE_APP and e.state is AppState.ABSENT]
    if identity is None or creates_foreign_principals(identity) is not False:
        return []
    return [
        warn(
            f"right to add {entry.name}",
            f"the tenant lacks it (app id {entry.sought.app_id}), and the caller may not create its service principal",
            how_a_foreign_principal_comes(entry.sought.app_id),
        )
        for entry in absent
        if entry.sought.app_id
    ]


def check_roles(look: TenantLook) -> list[Check]:
    """Say whether the caller may give the directory roles that the stack wants; nothing where it wants none."""
    giving = [app for app in (look.plan.apps if look.plan else ()) if app.directory_roles]
    if not giving or look.identity is None:
        return []
    name = "right to give directory roles"
    for_whom = ", ".join(f"{role.name} to {app.name}" for app in giving for role in app.directory_roles)
    if gives_directory_roles(look.identity):
        return [ok(name, f"yes, as far as the token says ({for_whom})")]
    needed = "be given Privileged Role Administrator" if look.identity.is_user else f"consent to {GIVES_ROLES}"
    fix = f"{needed}, or take the role out of `directoryRoles` and have an administrator give it"
    may = (
        "does not say whether it may" if gives_directory_roles(look.identity) is None else "does not show the right to"
    )
    return [warn(name, f"the token {may} give {for_whom}", fix)]


def check_offers(look: TenantLook) -> list[Check]:
    """Say whether the tenant's APIs offer every permission that the stack wants: `up` refuses it otherwise."""
    if look.reading is None:
        return []
    if not look.missing:
        return [ok("permissions", "the tenant's APIs offer every one that the stack wants")]
    return [fail("permissions", f"{why}: {', '.join(titles)}", fix) for why, fix, titles in grouped(look.missing)]


def check_uris(look: TenantLook, identified: Sequence[Identified]) -> list[Check]:
    """Say which identifier URI the tenant's policy for applications would refuse; nothing where the stack adds none."""
    name, now = "identifier URIs", datetime.now(UTC)
    applications = {(entry.sought.vendor, entry.sought.key): entry.application for entry in identified}
    ours = [(app, uri) for app in (look.plan.apps if look.plan else ()) for uri in app.identifier_uris]
    if not ours or look.reading is None:
        return []
    if look.uri_policy is None:
        return [ok(name, f"not checked: the caller may not read the tenant's policy for them ({READS_POLICY})")]
    checks = []
    for app, uri in ours:
        refusing = look.uri_policy.refusing(uri, applications.get((app.vendor, app.key)), now)
        if refusing is not None:
            problem = (
                f"the tenant's policy for applications ({refusing.name}) refuses {uri} of {app.name}: it allows only"
                f" {refusing.allows}"
            )
            if refusing.exempts:
                problem += "; some callers are exempt, which cannot be told of this one"
            fix = "have the identity that deploys exempted from that restriction: docs/settings.md, The identifier URI"
            checks.append((warn if refusing.exempts else fail)(name, problem, fix))
    return checks or [ok(name, "the tenant's policy for applications allows those of the stack")]


def check_shared(identified: Iterable[Identified], plan: AuditPlan | None) -> list[Check]:
    """Say whether each principal that the stack shares with others is there, and whether that is enough for it."""
    checks: list[Check] = []
    for app in plan.apps if plan else ():
        if app.kind is AppKind.SHARED_PRINCIPAL:
            group = [entry for entry in identified if entry.sought.key == app.key]
            alone = app.one_of and all(entry.state is not AppState.PRESENT for entry in group)
            required = app.required
            checks += [_shared(entry, entry.principal_key in required or alone) for entry in group]
    return checks


def _shared(identified: Identified, needed: bool) -> Check:
    name = f"SharePoint {identified.principal_key} principal"
    if identified.state is AppState.PRESENT:
        return ok(name, f"present ({identified.name})")
    if identified.namesakes:
        titles = ", ".join(identified.titles)
        result = f"not there by its identifier URI; may be {titles}, which is left as it is"
        return warn(name, result, "see what an audit says of it; principals: later does without it")
    if not needed:
        return ok(name, f"{identified.state.value}, which is fine here ({identified.name})")
    if identified.state is AppState.DISABLED:
        return warn(name, f"disabled ({identified.name})", "Enable-SPOTenantServicePrincipal, or principals: later")
    fix = "open SharePoint admin center > Advanced > API access once, or set principals: later"
    return warn(name, f"absent ({identified.name}): everything else can be deployed", fix)


def existing(identified: Iterable[Identified]) -> list[Identified]:
    """Return the registrations that the tenant has already."""
    return [e for e in identified if e.sought.kind is AppKind.REGISTRATION and e.state is not AppState.ABSENT]


def check_names(identified: Sequence[Identified], state: StackState, place: Workplace) -> list[Check]:
    """Say which names are taken, what of the state is not there, and which apps only look like ours."""
    if not identified:
        return []
    checks, commands = [_kind(identified, state)], place.commands
    clashes = [entry for entry in identified if standing_of(entry) in CLASHES]
    if clashes:
        names = ", ".join(map(described, clashes))
        if state.known:
            fix = f"`{commands.adopt}`, or nameSuffix for a second environment"
            checks.append(fail("names", f"taken by applications that this stack does not know: {names}", fix))
        else:
            checks.append(warn("names", f"there already, and the state is not known: {names}", "see `state` above"))
    else:
        checks.append(ok("names", "none is taken by another application"))
    for entry in identified:
        if standing_of(entry) not in (*CLASHES, AppStanding.SETTLED):
            checks.append(fail("ids", described(entry), way_on(entry, commands)))
    alike = [other for entry in identified for other in entry.look_alikes if not other.environment]
    if alike:
        named = ", ".join(f"{other.name!r} ({other.app_id})" for other in alike)
        checks.append(warn("look-alikes", named, f"`{commands.audit}` says what is known of them"))
    return checks


def _kind(identified: Sequence[Identified], state: StackState) -> Check:
    present = existing(identified)
    others = [e for e in identified if e.sought.kind is AppKind.ENTERPRISE_APP and e.state is AppState.PRESENT]
    if not present and not others:
        return ok("tenant", "new: it has none of this stack's applications")
    total = sum(entry.sought.kind is not AppKind.SHARED_PRINCIPAL for entry in identified)
    own = sum(entry.recorded and entry.lost is None for entry in present)
    ours = f", {own} of them this stack's own" if state.known else ""
    return ok("tenant", f"existing: it has {len(present) + len(others)} of {total} applications{ours}")
