"""DirectoryRoles: the documented directory roles that a stack gives an app's service principal, in the whole tenant.

| output | what it holds |
|---|---|
| `held` | the template ids of the wanted roles that the principal holds |
| `given` | those of them that a run of this stack gave: only these are ever taken away |

A role that the principal held before the stack came to want it stays when the stack ends. Roles that the stack does not
want are neither read into the state nor changed. Knows nothing of gRPC.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockstep.catalogue import load
from lockstep.deployment import Properties
from lockstep.directory.consents import SURE, ClientGoneError
from lockstep.directory.roles import give_role, held_roles, take_roles
from lockstep.errors import LockstepError, RefusedError, nearest
from lockstep.provider.documented import refuse_other_client
from lockstep.provider.inputs import RoleInputs
from lockstep.provider.operations import Order
from lockstep.provider.outcome import ChangeKind, InitFailedError, ReadResult, ResourceDiff
from lockstep.provider.session import Session
from lockstep.provider.structs import is_known


@dataclass(frozen=True)
class DirectoryRolesOperations:
    """What the engine asks of the resource, over one session."""

    session: Session

    async def create(self, news: Properties, order: Order) -> tuple[str, Properties]:
        """Give the roles that the principal lacks; returns id (the principal's object id) and outputs."""
        inputs = RoleInputs.read(news)
        return inputs.client, await self._write(news, inputs, frozenset(), order)

    async def update(self, id_: str, olds: Properties, news: Properties, order: Order) -> Properties:
        """Give what is new, and take away what is not wanted any more and was given by this stack."""
        given = RoleInputs.read(olds).given
        return await self._write(news, RoleInputs.read(news), given, order)

    async def diff(self, olds: Properties, news: Properties, *, declared: Properties) -> ResourceDiff:
        """Compare what is wanted with what the last run, or a refresh, found. Makes no request."""
        old, new = RoleInputs.read(olds), RoleInputs.read(news)
        self._check_tenant(old, new)
        paths: dict[str, ChangeKind] = {}
        if is_known(new.client) and new.client != old.client:
            paths["client"] = ChangeKind.REPLACE
        for name in ("vendor", "app", "edition"):
            if getattr(old, name) != getattr(new, name):
                paths[name] = ChangeKind.UPDATE
        for role, ident in new.roles.items():
            if ident not in old.held:
                paths[f'roles["{role}"]'] = ChangeKind.ADD
        for role, ident in old.roles.items():
            if ident not in new.roles.values():
                paths[f'roles["{role}"]'] = ChangeKind.DELETE
        return ResourceDiff(paths)

    async def read(self, id_: str, olds: Properties, declared: Properties) -> ReadResult:
        """Return which of the wanted roles the principal holds now; an empty id where the principal is gone."""
        if not declared:
            raise RefusedError(
                "refused: DirectoryRoles can't be imported; to fix: let the next up create it: it takes up what is "
                "there, and takes none of it away later"
            )
        inputs = RoleInputs.read(declared)
        self._check_tenant(inputs)
        try:
            await self.session.look(id_, patience=SURE)
        except ClientGoneError:
            return ReadResult("", {}, {})
        held = await held_roles(await self.session.graph(), id_)
        return ReadResult(id_, declared, {**olds, **_outputs(inputs, held, RoleInputs.read(olds).given)})

    async def delete(self, olds: Properties) -> None:
        """Take away what this stack gave."""
        inputs = RoleInputs.read(olds)
        self._check_tenant(inputs)
        if inputs.given:
            await take_roles(await self.session.graph(), inputs.client, inputs.given)

    async def _write(self, news: Properties, inputs: RoleInputs, given: frozenset[str], order: Order) -> Properties:
        self._check_tenant(inputs)
        _refuse_undocumented(inputs)
        held: dict[str, str] = {}
        if is_known(inputs.client):
            await self._refuse_other_client(inputs, patience=0.0 if order.preview else SURE)
            held = await held_roles(await self.session.graph(), inputs.client)
        wanted = frozenset(inputs.roles.values())
        if order.preview:
            for role, ident in sorted(inputs.roles.items()):
                if ident not in held:
                    await order.say("info", f"+ directory role {role} ({ident}), in the whole tenant")
            return {**news, "held": sorted(wanted), "given": sorted((given & wanted) | (wanted - held.keys()))}
        graph = await self.session.graph()
        given = given & held.keys()
        try:
            for ident in sorted(wanted - held.keys()):
                given |= {ident}  # before it is sent: what a lost answer did is ours as well
                await give_role(graph, inputs.client, ident)
                held[ident] = ""
            if unwanted := given - wanted:
                await take_roles(graph, inputs.client, unwanted)
        except LockstepError as error:
            outputs = {**news, **_outputs(inputs, held, given), "given": sorted(given)}
            raise InitFailedError(inputs.client, news, outputs, f"{error}") from error
        return {**news, **_outputs(inputs, held, given & wanted)}

    async def _refuse_other_client(self, inputs: RoleInputs, *, patience: float) -> None:
        record, _in_force = await self.session.look(inputs.client, patience=patience)
        app = load().edition(inputs.vendor, inputs.edition).app(inputs.app)
        refuse_other_client(app, record, tenant_id=inputs.tenant_id, address=inputs.address)

    def _check_tenant(self, *all_inputs: RoleInputs) -> None:
        for inputs in all_inputs:
            self.session.check_tenant(inputs.tenant_id)


def _outputs(inputs: RoleInputs, held: dict[str, str], given: frozenset[str]) -> Properties:
    wanted = frozenset(inputs.roles.values())
    return {"held": sorted(wanted & held.keys()), "given": sorted(given & held.keys())}


def _refuse_undocumented(inputs: RoleInputs) -> None:
    """Raise RefusedError for the first role that the declared edition does not document for the app."""
    app = load().edition(inputs.vendor, inputs.edition).app(inputs.app)
    documented = {role.template_id: role.name for role in app.directory_roles}
    for role, ident in sorted(inputs.roles.items()):
        if documented.get(ident) != role:
            allowed = [f"{name} ({template})" for template, name in documented.items()]
            raise RefusedError(
                f"refused: the directory role {role} ({ident}) for {app.name}: {inputs.vendor} {inputs.edition} does "
                f"not document it; allowed there: {', '.join(allowed) or 'nothing'}"
                f"{nearest(role, list(documented.values()))}; to fix: take it out of the stack"
            )
