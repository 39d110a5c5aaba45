"""How an application of the tenant stands to the stack that means it, and what leads on from there, for every command.

Audit, doctor, adopt, restore and the look before `up` say the same of the same application, and the same way on. Each
way leads to the end: a restore, a refresh, an adoption, or several of them in this order. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from shlex import quote

from lockstep.catalogue import AppKind
from lockstep.directory.identification import AppState, Identified


class AppStanding(StrEnum):
    """How an application of the tenant stands to the stack that means it."""

    SETTLED = "settled"
    """It is not there, or it is the stack's own."""
    UNKNOWN = "unknown"
    """It is there, and the state does not have it."""
    AMBIGUOUS = "ambiguous"
    """Several could be it, and none of them is on record."""
    LOST = "lost"
    """It is on record, and the tenant does not have it."""
    REPLACED = "replaced"
    """It is on record, and the tenant has another one, or several, in its place."""
    PRINCIPAL_LOST = "principal-lost"
    """It is there, and the service principal that is on record is not."""
    PRINCIPAL_UNKNOWN = "principal-unknown"
    """It is the stack's own, and it has a service principal that the state does not have."""


@dataclass(frozen=True)
class StackCommands:
    """How the commands for one stack are typed, whole: whoever advises one of them takes it from here.

    Lockstep's own where the stack is local, Pulumi's for a real target. `folder` is where the project is, for a caller
    who stands outside it; `pack` is the project's policy pack, which every plain `pulumi up` and `preview` names.
    """

    stack: str = "STACK"
    local: bool = False
    rehearse: bool = False
    folder: str = ""
    pack: str = "policy"

    @property
    def words(self) -> str:
        """How a command of Lockstep names the stack, and where it is."""
        return f"--stack {self.stack}{' --rehearse' if self.rehearse else ''}{self.cwd}"

    def run(self, verb: str, options: str = "") -> str:
        """Return the command that runs an engine: up, preview, refresh or destroy. `options` are Pulumi's."""
        if self.local:
            return f"lockstep {verb} {self.words}"
        pack = f"--policy-pack {quote(self.pack)}" if self.pack and verb in ("up", "preview") else ""
        return " ".join(filter(None, ("pulumi", verb, f"--stack {self.stack}", options, pack))) + self.cwd

    @property
    def up(self) -> str:
        """The command that deploys the stack. It compares with the state, and does not see what changed by hand."""
        return self.run("up")

    @property
    def preview(self) -> str:
        """The command that shows what the next `up` does."""
        return self.run("preview", "--diff")

    @property
    def refresh(self) -> str:
        """The command that brings the state to what is in the tenant."""
        return self.run("refresh")

    @property
    def reconcile(self) -> str:
        """The commands, in back quotes, that put right what somebody changed by hand in the tenant."""
        return f"`{self.refresh}`, then `{self.up}`" if self.local else f"`{self.run('up', '--refresh')}`"

    @property
    def first_preview(self) -> str:
        """The command that shows what the first `up` does to what was taken over."""
        return self.run("preview", "--refresh --diff")

    @property
    def adopt(self) -> str:
        """The command that shows what is there, and takes it over with `--write`."""
        return f"lockstep adopt {self.words}"

    @property
    def repair(self) -> str:
        """The command that goes on after a run that was cut off."""
        return f"lockstep repair {self.words}"

    @property
    def audit(self) -> str:
        """The command that says what the tenant has."""
        return f"lockstep audit {self.words}"

    @property
    def doctor(self) -> str:
        """The command that says what to type next."""
        return f"lockstep doctor {self.words}"

    @property
    def show(self) -> str:
        """The command that prints the hand-over sheet."""
        return f"lockstep show {self.words}"

    def restore(self, app: str) -> str:
        """Return the command that puts back a deleted application, named KEY or KEY=OBJECT_ID."""
        return f"lockstep restore {app} {self.words}"

    @property
    def cwd(self) -> str:
        """How a command names the project's folder, with a space before it; nothing where it is found without."""
        return f" --cwd {quote(self.folder)}" if self.folder else ""


ANY_STACK = StackCommands()
"""How the commands are typed where no stack is known."""


def standing_of(identified: Identified) -> AppStanding:
    """Return how a registration of the stack stands, by the ids in the stack's state and its stack file."""
    if identified.sought.kind is not AppKind.REGISTRATION:
        return AppStanding.SETTLED
    exists = identified.state is not AppState.ABSENT
    if identified.lost is not None:
        return AppStanding.REPLACED if exists else AppStanding.LOST
    if identified.lost_principal:
        return AppStanding.PRINCIPAL_LOST
    if not exists:
        return AppStanding.SETTLED
    if identified.state is AppState.AMBIGUOUS:
        return AppStanding.AMBIGUOUS
    if not identified.recorded:
        return AppStanding.UNKNOWN
    unknown = identified.principal is not None and not identified.sought.recorded.principal_id
    return AppStanding.PRINCIPAL_UNKNOWN if unknown else AppStanding.SETTLED


def described(identified: Identified) -> str:
    """Return what is the matter with an application that is not simply there and the stack's own."""
    standing, name = standing_of(identified), identified.sought.name
    titles = ", ".join((identified.application.title,) if identified.application else identified.titles)
    if standing is AppStanding.REPLACED:
        return f"{name}: another application: {titles}, was {_lost(identified)}"
    if standing is AppStanding.LOST:
        return f"{name}: {_lost(identified)} is not in the tenant"
    if standing is AppStanding.PRINCIPAL_LOST:
        ident = identified.sought.recorded.principal_id
        return f"{name}: the service principal {ident} of the stack's state is not in the tenant"
    if standing is AppStanding.PRINCIPAL_UNKNOWN:
        return f"{name}: it has a service principal that is not in the stack's state"
    return f"{name} ({identified.application.app_id if identified.application else titles})"


def way_on(identified: Identified, commands: StackCommands) -> str:
    """Return the next step for an application that is not simply there and the stack's own; nothing for one that is."""
    standing, key = standing_of(identified), identified.sought.key
    if standing in (AppStanding.UNKNOWN, AppStanding.PRINCIPAL_UNKNOWN):
        return f"`{commands.adopt} --write` takes it over"
    if standing is AppStanding.AMBIGUOUS:
        return f"`{commands.adopt} --app {key}=OBJECT_ID --write` takes over the one that you name"
    if standing is AppStanding.PRINCIPAL_LOST:
        rest = f"then `{commands.doctor}` goes on" if identified.principal else f"and `{commands.up}` makes a new one"
        return f"`{commands.refresh}` takes it out of the state, {rest}"
    if standing is AppStanding.SETTLED:
        return ""
    other = identified.application.object_id if identified.application else "OBJECT_ID"
    take = f"`{commands.adopt} --app {key}={other} --write` takes over the other one"
    anew = take if standing is AppStanding.REPLACED else f"`{commands.up}` makes a new one"
    if identified.recorded:
        ways = f"`{commands.refresh}` takes it out of the state, then {anew}"
    elif standing is AppStanding.REPLACED:
        ways = take
    else:
        ways = f"take {key} out of the setting adopted, and {anew}"
    if identified.restorable:
        back = commands.restore(f"{key}={identified.restorable.object_id}")
        ways = f"`{back}` puts it back with its ids; or {ways}"
    return ways


def _lost(identified: Identified) -> str:
    lost = identified.lost
    assert lost is not None  # noqa: S101  (only what is lost is asked about)
    ident = f"client id {lost.app_id}" if lost.app_id else f"object id {lost.object_id}"
    where = "the stack's state" if lost.object_id else "the setting adopted"
    return f"{ident} of {where}{', which is among the deleted items' if identified.restorable else ''}"
