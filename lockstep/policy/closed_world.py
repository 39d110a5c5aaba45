"""The types and providers that a stack may use. Everything else is refused, whatever its inputs are.

The verdicts on azuread's types are data (azuread-types.yaml), one for every type of the SDK.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from lockstep.catalogue.shape import FileShape, Text, checked
from lockstep.deployment import PROVIDER_PREFIX, STACK_TYPE, is_provider, package_of
from lockstep.errors import CatalogueError
from lockstep.policy.apps import COMPONENT_OF
from lockstep.policy.rule import Objection, Resource
from lockstep.policy.world import World
from lockstep.resource_types import ADMIN_CONSENT, AZUREAD, DIRECTORY_ROLES, PRINCIPAL
from lockstep.yaml_file import read_yaml

TYPES = Path(__file__).with_name("azuread-types.yaml")
_PACKAGES = ("azuread", "entraconsent", "pulumi")
_ALWAYS = (STACK_TYPE, *COMPONENT_OF.values(), ADMIN_CONSENT, DIRECTORY_ROLES, PRINCIPAL)
# The engine's own name for a provider that nobody declared: `default`, or with the SDK's version behind it.
_DEFAULT = re.compile(r"default(_\d+)*(_(alpha|beta|rc)[_0-9a-z]*)?")

ALLOWED, GRANTS, CREDENTIAL, REFUSED = "allowed", "grants", "credential", "refused"


class TypeVerdict(FileShape, title="a verdict"):
    """What becomes of one azuread type, and why. `grants` and `credential` are refused by a rule of their own."""

    verdict: Literal["allowed", "grants", "credential", "refused"] = Field(description="the verdict")
    why: Text = Field(description="the reason")


@cache
def azuread_types() -> Mapping[str, TypeVerdict]:
    """Return the verdict on every azuread type, by its token; CatalogueError when the data is malformed."""
    root = read_yaml(TYPES, where=TYPES.name, error=CatalogueError)
    verdicts = root.fields if root else {}
    return {
        f"{AZUREAD}{name[0].lower()}{name[1:]}:{name}": checked(node, TypeVerdict) for name, node in verdicts.items()
    }


def check_types(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse every type of every package that is not on the list."""
    if resource.type in _ALWAYS or is_provider(resource.type) or not world.covers(resource):
        return
    verdict = azuread_types().get(resource.type)
    if verdict is not None and verdict.verdict != REFUSED:
        return
    why = f": {verdict.why}" if verdict else ", which is not on the list"
    names = sorted(type_.rpartition(":")[2] for type_, entry in azuread_types().items() if entry.verdict == ALLOWED)
    yield Objection(
        f"the type {resource.type}{why}",
        f"azuread {', '.join(names)}, entraconsent, and the components of lockstep",
        "keep it in another stack, or ask for an exception",
        "docs/policy-types.md",
    )


def check_grants(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse azuread's own grants, with `scope: vendors` too: in a preview nobody can see whom they are for."""
    verdict = azuread_types().get(resource.type)
    if verdict is not None and verdict.verdict == GRANTS:
        yield Objection(
            f"the type {resource.type}: {verdict.why}",
            "permissions that AppRegistration configures, and consents that AdminConsent holds",
            "let the vendor's component hold it; for an app of your own, ask for an exception by name",
            "docs/policy-types.md",
        )


def check_providers(resource: Resource, world: World) -> Iterator[Objection]:
    """Refuse explicit providers: one may be signed in to another tenant, or be another program of the same name."""
    if is_provider(resource.type):
        explicit = bool(resource.parent) or not _DEFAULT.fullmatch(resource.name)
        if explicit and world.covers(resource):
            yield _provider("an explicit provider")
        elif "pluginDownloadURL" in list(resource.props) and not explicit:
            yield _provider("a provider from an address of the program's own")
        elif world.covers(resource) and not _expected(resource.type.removeprefix(PROVIDER_PREFIX), world):
            yield _provider("the provider of a package of which no type is on the list: its functions can act as well")
    elif resource.provider and not _DEFAULT.fullmatch(resource.provider) and world.covers(resource):
        yield _provider("a resource of an explicit provider")


def _expected(package: str, world: World) -> bool:
    """Tell whether a stack may use a package: it has types on the list, or an exception in force names one of it."""
    named = {package_of(exception.type) for exception in world.exceptions_in_force()}
    return package in {*_PACKAGES, *named}


def _provider(what: str) -> Objection:
    return Objection(
        what,
        "the default provider of each package, which the stack file configures",
        "take the provider out of the program; its settings belong into the stack file",
    )
