"""What a modelled azuread type has to offer; the plugin calls nothing else. No type's own knowledge lives here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from lockstep.deployment import Properties
from lockstep.errors import TenantError
from lockstep.rehearsal.azuread.connection import Connection
from lockstep.rehearsal.azuread.schema import Changes, Field, Schema, check, difference, imported, refreshed
from lockstep.rehearsal.values import UNKNOWN

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
        known = {name: value for name, value in inputs.items() if name != "__defaults"}
        return {**known, **dict.fromkeys(self.computed, UNKNOWN)}

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


async def change_owners(graph: Connection, path: str, wanted: list[str]) -> None:
    """Make the owners of an object exactly the wanted ones."""
    present = [str(owner["id"]) for owner in await graph.values(f"{path}/owners")]
    for owner in [entry for entry in wanted if entry not in present]:
        await graph.send("POST", f"{path}/owners/$ref", {"@odata.id": graph.directory_object(owner)})
    for owner in [entry for entry in present if entry not in wanted]:
        await graph.send("DELETE", f"{path}/owners/{owner}/$ref")


def first_owners(graph: Connection, inputs: Properties) -> tuple[list[str], bool]:
    """Return the owners to create with (the caller first, as the provider does) and whether the caller stays."""
    wanted = words(inputs, "owners")
    caller = graph.object_id
    addresses = [graph.directory_object(owner) for owner in [caller, *(entry for entry in wanted if entry != caller)]]
    return addresses[:20], caller in wanted


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
