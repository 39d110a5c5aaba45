"""The settings of a stack, and what one value may look like, with a message of its own for each.

Knows nothing of the catalogue, of other settings or of files. Messages never repeat a value that could be a secret.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from lockstep.errors import nearest
from lockstep.json_schema import file_schema
from lockstep.settings.certificate import Certificate, CertificateError
from lockstep.settings.target import LOCAL, tenant_of
from lockstep.settings.traits import SETTABLE

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# What Pulumi makes of a date that stands in YAML without quotation marks.
_UNQUOTED = re.compile(rf"(?P<day>{_DATE.pattern})(?: 00:00:00 \+0000 UTC|T00:00:00Z)")
_SUFFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ()._-]{0,29}")
_FEDERATED_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")
CURRENT = "current"
FEDERATED_AUDIENCE = "api://AzureADTokenExchange"
"""The audience of a federated credential that Entra expects unless another one is agreed on."""


def _guid(value: str) -> str:
    if not _GUID.fullmatch(value.casefold()):
        raise ValueError("is not a GUID; write it like 00000000-0000-0000-0000-000000000000")
    return value.casefold()


def _target(value: str) -> str:
    if value != LOCAL and not _GUID.fullmatch(value.casefold()):
        raise ValueError(f"is neither {LOCAL!r} nor a tenant id (a GUID)")
    return value.casefold()


def _edition(value: str) -> str:
    unquoted = _UNQUOTED.fullmatch(value)
    if unquoted:
        raise ValueError(f'is a date without quotation marks; write "{unquoted["day"]}"')
    if value != CURRENT and not _DATE.fullmatch(value):
        raise ValueError(f'is neither {CURRENT!r} nor a date; write it like "2025-03-01"')
    return value


def _suffix(value: str) -> str:
    if not _SUFFIX.fullmatch(value):
        raise ValueError("must be 1 to 30 letters, digits, spaces or ( ) . _ -, a letter or digit first")
    return value


def _federated_name(value: str) -> str:
    if not _FEDERATED_NAME.fullmatch(value):
        raise ValueError("must be 3 to 120 letters, digits, - or _, a letter or digit first")
    return value


def _issuer(value: str) -> str:
    if not value.startswith("https://"):
        raise ValueError("must be an https:// address")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value.strip()


def _pem(value: str) -> str:
    try:
        Certificate.read(value)
    except CertificateError as error:
        raise ValueError(str(error)) from None
    return value


def _one_or_more(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    doubled = sorted({value for value in values if values.count(value) > 1})
    if doubled:
        raise ValueError(f"names {', '.join(doubled)} more than once")
    return values


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("is empty; name at least one, or leave the setting out")
    return values


def _traits(value: dict[str, Names]) -> dict[str, Names]:
    for name in value:
        if name not in SETTABLE:
            raise ValueError(f"names {name!r}; allowed are {', '.join(sorted(SETTABLE))}{nearest(name, SETTABLE)}")
    return value


Guid = Annotated[
    str,
    AfterValidator(_guid),
    WithJsonSchema({"type": "string", "pattern": f"^{_GUID.pattern.replace('a-f', 'a-fA-F')}$"}),
]
Target = Annotated[str, AfterValidator(_target)]
EditionDate = Annotated[
    str, AfterValidator(_edition), WithJsonSchema({"type": "string", "pattern": f"^({CURRENT}|{_DATE.pattern})$"})
]
NameSuffix = Annotated[str, AfterValidator(_suffix)]
Text = Annotated[str, AfterValidator(_text)]
Pem = Annotated[str, AfterValidator(_pem)]
_PEM_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
Pems = Annotated[tuple[Pem, ...], BeforeValidator(_one_or_more), WithJsonSchema(_PEM_SCHEMA)]
Names = Annotated[tuple[str, ...], AfterValidator(_distinct)]
SomeNames = Annotated[Names, AfterValidator(_some)]
Guids = Annotated[tuple[Guid, ...], AfterValidator(_distinct)]
Traits = Annotated[dict[str, Names], AfterValidator(_traits)]

Possible = Literal["tolerate", "require", "refuse"]
Principals = Literal["auto", "new", "old", "both", "later"]
Removals = Literal["apply", "report"]
Consents = Literal["managed", "by-admin"]
Protect = Literal["auto", "true", "false"]


class Shape(BaseModel):
    """A group of settings: camelCase in the stack file, strict types, nothing unknown."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)


class FederatedSetting(Shape):
    """A subject of another issuer that may act as an app."""

    name: Annotated[str, AfterValidator(_federated_name)]
    issuer: Annotated[str, AfterValidator(_issuer)]
    subject: Text
    audiences: SomeNames = (FEDERATED_AUDIENCE,)


def _few(values: tuple[FederatedSetting, ...]) -> tuple[FederatedSetting, ...]:
    if len(values) > 20:
        raise ValueError("has more than 20 entries, which is what Entra allows an app")
    return values


FederatedSettings = Annotated[tuple[FederatedSetting, ...], AfterValidator(_few)]


class ScopeSetting(Shape):
    """A scope that an adopted app exposes, as it was found."""

    id: Guid
    value: str = ""
    type: Literal["User", "Admin"] = "User"
    enabled: bool = True
    admin_consent_display_name: str = ""
    admin_consent_description: str = ""
    user_consent_display_name: str = ""
    user_consent_description: str = ""


class AdoptedSetting(Shape):
    """What an app that existed before this stack keeps: `lockstep adopt` writes it into the stack file.

    `scope_ids` are the ids of the exposed scopes by value. `scopes` are those kept whole, documented or not; the others
    take the catalogue's words. `keeps` is what it has beside permissions and no component sets, by name, such as app
    roles and redirect URIs.
    """

    display_name: Text
    client_id: Guid | None = None
    identifier_uris: Names = ()
    tags: Names = ()
    scope_ids: dict[str, Guid] = Field(default_factory=dict)
    scopes: tuple[ScopeSetting, ...] = ()
    keeps: Traits = Field(default_factory=dict)

    @property
    def kept_ids(self) -> dict[str, str]:
        """The id of each exposed scope that the app keeps, by value: of those kept whole, and by id alone."""
        return {**self.scope_ids, **{scope.value: scope.id for scope in self.scopes}}


class WithheldSetting(Shape):
    """A documented permission that the customer decided against, with the reason and who decided."""

    permission: Text
    reason: Text
    by: Text


class AppSetting(Shape):
    """Everything that a stack says of one app. Which of it an app may have follows from its kind and its edition.

    - `deploy`: whether an optional app is deployed.
    - `client_id`: the app id of a vendor's enterprise app.
    - `possible`: what becomes of permissions that are documented as possible only: left as they are found, added, or
      removed.
    - `removals`: whether undocumented consents of an enterprise app are removed, or left in place and reported.
    - `features`: the features of the vendor's product that are not in use (`false`); what they need is withheld.
    - `withhold`: documented permissions that the customer decided against.
    - `consents`: whether the stack gives the consents, or an administrator.
    - `certificates`, `federated_credentials`: how a registered app proves who it is.
    - `principals`, `claim`, `withdraw`: which of a shared app's principals must be there, whether documented scopes
      that somebody granted by hand are taken over, and whether ours are taken off the old principal.
    - `directory_roles`: which of the documented directory roles of the app's principal the stack gives it, by name.
    - `adopted`: what a registered app from before this stack keeps.
    """

    deploy: bool | None = None
    client_id: Guid | None = None
    possible: Possible = "tolerate"
    removals: Removals = "apply"
    features: dict[str, bool] = Field(default_factory=dict)
    withhold: tuple[WithheldSetting, ...] = ()
    consents: Consents = "managed"
    certificates: Pems = ()
    federated_credentials: FederatedSettings = ()
    directory_roles: Names = ()
    principals: Principals = "auto"
    claim: bool = False
    withdraw: bool = False
    adopted: AdoptedSetting | None = None

    @property
    def by_admin(self) -> bool:
        """Whether an administrator gives and takes back the consents, and the stack none."""
        return self.consents == "by-admin"


class Settings(Shape):
    """What a stack says. docs/settings.md describes each; the names there are these in camelCase."""

    target: Target
    vendors: SomeNames
    editions: dict[str, EditionDate] = Field(default_factory=dict)
    owners: Guids = ()
    name_suffix: NameSuffix | None = None
    protect: Protect = "auto"
    apps: dict[str, AppSetting] = Field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether the target is the local emulator."""
        return self.target == LOCAL

    @property
    def tenant_id(self) -> str:
        """The tenant that the target means."""
        return tenant_of(self.target)

    @property
    def protected(self) -> bool:
        """Whether apps and consents are protected: everywhere but locally, unless the stack says otherwise."""
        return self.protect == "true" or (self.protect == "auto" and not self.is_local)


def stack_file_schema() -> dict[str, Any]:
    """Return the JSON Schema of a stack file, for editors. The keys carry the name of the project, whatever it is."""
    schema = file_schema(Settings, "A stack file of Lockstep (Pulumi.<stack>.yaml)")
    settings = {f"^[A-Za-z0-9_.-]+:{name}$": entry for name, entry in schema.pop("properties").items()}
    schema.pop("required")
    schema.pop("additionalProperties")
    config = {"type": "object", "patternProperties": settings}
    return {**schema, "required": ["config"], "properties": {"config": config}}
