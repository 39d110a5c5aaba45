"""What a modelled type of azuread offers to the plugin, and what several types share. Knows no type in particular."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from lockstep.deployment import UNKNOWN, Properties
from lockstep.errors import TenantError
from lockstep.rehearsal.azuread.connection import Again, Connection, never
from lockstep.rehearsal.azuread.schema import (
    Changes,
    Field,
    Schema,
    check,
    difference,
    imported,
    refreshed,
    without_defaults,
)

FEATURES: Schema = {name: Field() for name in ("customSingleSignOn", "enterprise", "gallery", "hide")}
"""The feature tags of an application or a principal."""


class PartlyMadeError(TenantError):
    """A resource was created under this id, and what had to follow failed: the provider records it so."""

    def __init__(self, id_: str, error: TenantError) -> None:
        super().__init__(str(error))
        self.id = id_


class Model(ABC):
    """One resource type of azuread over Graph."""

    type: ClassVar[str]
    schema: ClassVar[Schema]
    computed: ClassVar[tuple[str, ...]] = ()
    """Outputs that a preview cannot know."""
    collection: ClassVar[str] = ""
    """Where ids of this type are in Graph, such as `/applications`; empty for a type whose ids look otherwise."""

    def __init__(self, graph: Connection) -> None:
        self._graph = graph

    def check(self, news: Properties) -> tuple[Properties, list[tuple[str, str]]]:
        """Return inputs with defaults, and what is wrong with them."""
        return check(self.schema, news)

    def diff(self, olds: Properties, news: Properties, ignored: list[str]) -> Changes:
        """Return how the wanted inputs differ from the recorded outputs."""
        return difference(self.schema, olds, news, ignored)

    async def plan(self, olds: Properties | None, news: Properties) -> None:
        """Refuse in a preview what create or update would refuse; most types refuse nothing."""
        return

    def preview(self, inputs: Properties) -> Properties:
        """Return the outputs of a create that has not happened."""
        return {**without_defaults(inputs), **dict.fromkeys(self.computed, UNKNOWN)}

    @abstractmethod
    async def create(self, inputs: Properties) -> str:
        """Create and return the id."""

    @abstractmethod
    async def read(self, id_: str, inputs: Properties) -> Properties | None:
        """Return the outputs of what is there, or None; `inputs` give sets their order."""

    async def update(self, id_: str, olds: Properties, inputs: Properties, changes: Changes) -> None:
        """Change in place."""
        raise AssertionError(f"{self.type} has nothing that changes in place")

    @abstractmethod
    async def delete(self, id_: str, olds: Properties) -> None:
        """Delete."""

    @abstractmethod
    async def find(self, inputs: Properties) -> str | None:
        """Return the id of what an interrupted create of these inputs left behind."""

    def live_inputs(self, old_inputs: Properties, outputs: Properties) -> Properties:
        """Return the inputs that a Read reports: of a refresh when there were inputs, else of an import."""
        return dict(refreshed(old_inputs, outputs)) if old_inputs else imported(self.schema, outputs)


class OwnedModel(Model):
    """A type whose objects have owners and tags: an application or a service principal.

    Its ids are addresses in Graph, such as `/applications/<object id>`.
    """

    odata: ClassVar[Mapping[str, str]]
    """The mark of the type that every body carries."""
    beta_property: ClassVar[str]
    """The one property that the provider reads from the beta version of Graph."""

    @abstractmethod
    def outputs(
        self, record: dict[str, Any], beta: dict[str, Any], owners: list[str], inputs: Properties
    ) -> Properties:
        """Return Graph's object as the provider records it; `inputs` give sets their order."""

    @abstractmethod
    async def change(self, id_: str, olds: Properties, inputs: Properties, changes: Changes) -> dict[str, Any]:
        """Return the body of the PATCH that changes the object, and do what has to come before it."""

    async def make(
        self,
        body: dict[str, Any],
        inputs: Properties,
        patches: Iterable[dict[str, Any]],
        *,
        post_again: Again = never,
        patch_again: Again = never,
    ) -> str:
        """POST, PATCH until the object is as it shall be, settle its owners; return its id.

        The provider always makes the caller the first owner, and takes it off at the end where it is not declared.
        """
        declared, caller = words(inputs, "owners"), self._graph.object_id
        owners = [caller, *(owner for owner in declared if owner != caller)][:20]
        body["owners@odata.bind"] = [self._graph.directory_object(owner) for owner in owners]
        created = await self._graph.send("POST", f"/v1.0{self.collection}", body, again=post_again)
        id_ = f"{self.collection}/{created['id']}"
        try:
            for patch in patches:
                await self._graph.send("PATCH", f"/v1.0{id_}", {**self.odata, **patch}, again=patch_again)
            if caller not in declared:
                await self._graph.send("DELETE", f"/v1.0{id_}/owners/{caller}/$ref")
        except TenantError as error:
            raise PartlyMadeError(id_, error) from error
        return id_

    async def read(self, id_: str, inputs: Properties) -> Properties | None:
        """Three reads, as the provider makes them."""
        record = await self._graph.get(f"/v1.0{id_}")
        if record is None:
            return None
        beta = await self._graph.get(f"/beta{id_}", select=self.beta_property) or {}
        return self.outputs(record, beta, await self._owners(id_), inputs)

    async def update(self, id_: str, olds: Properties, inputs: Properties, changes: Changes) -> None:
        """One PATCH of what the provider always sends and of what changed, then the owners one by one."""
        body = await self.change(id_, olds, inputs, changes)
        if "tags" not in inputs:
            body["tags"] = words(olds, "tags")
        await self._graph.send("PATCH", f"/v1.0{id_}", body)
        if "owners" in changes.keys:
            declared, present = words(inputs, "owners"), await self._owners(id_)
            for owner in declared:
                if owner not in present:
                    reference = {"@odata.id": self._graph.directory_object(owner)}
                    await self._graph.send("POST", f"/v1.0{id_}/owners/$ref", reference)
            for owner in present:
                if owner not in declared:
                    await self._graph.send("DELETE", f"/v1.0{id_}/owners/{owner}/$ref")

    async def delete(self, id_: str, olds: Properties) -> None:
        """Delete the object. Entra deletes the service principal of an application along with it.

        A service principal goes whoever made it: that is why `use_existing` is never used in this project.
        """
        await self._graph.send("DELETE", f"/v1.0{id_}")

    async def _owners(self, id_: str) -> list[str]:
        return [str(owner["id"]) for owner in await self._graph.values(f"/v1.0{id_}/owners")]


def words(inputs: Properties, name: str) -> list[str]:
    """Return a list of words of the inputs."""
    return [str(item) for item in inputs.get(name) or []]


def text(value: Any) -> str:
    """Return what the provider records for a text that may be absent."""
    return "" if value is None else str(value)


def none_if_empty(value: Any) -> Any:
    """Return None for what the provider sends as null."""
    return value or None


def features(tags: list[str], *, long_names: bool) -> list[dict[str, bool]]:
    """Return the feature tags that tags stand for."""
    has = set(tags).__contains__
    gallery, sso = (
        has("WindowsAzureActiveDirectoryGalleryApplicationNonPrimaryV1"),
        has("WindowsAzureActiveDirectoryCustomSingleSignOnApplication"),
    )
    enterprise, hidden = has("WindowsAzureActiveDirectoryIntegratedApp"), has("HideApp")
    if long_names:
        return [
            {
                "customSingleSignOnApp": sso,
                "enterpriseApplication": enterprise,
                "galleryApplication": gallery,
                "visibleToUsers": not hidden,
            }
        ]
    return [{"customSingleSignOn": sso, "enterprise": enterprise, "gallery": gallery, "hide": hidden}]


def scopes_out(scopes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return exposed scopes as outputs."""
    names = ("adminConsentDescription", "adminConsentDisplayName", "userConsentDescription", "userConsentDisplayName")
    return [
        {
            **{name: text(scope.get(name)) for name in names},
            "enabled": bool(scope.get("isEnabled")),
            "id": text(scope.get("id")),
            "type": text(scope.get("type")),
            "value": text(scope.get("value")),
        }
        for scope in scopes
    ]


def roles_out(roles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return app roles as outputs."""
    return [
        {
            "allowedMemberTypes": list(role.get("allowedMemberTypes") or []),
            "description": text(role.get("description")),
            "displayName": text(role.get("displayName")),
            "enabled": bool(role.get("isEnabled")),
            "id": text(role.get("id")),
            "value": text(role.get("value")),
        }
        for role in roles
    ]


def ids_by_value(entries: list[dict[str, Any]]) -> dict[str, str]:
    """Return name -> id of scopes or roles."""
    return {str(entry["value"]): str(entry["id"]) for entry in entries if entry.get("value")}
