"""The layout of an edition file, written once: the loader reads by it and the JSON Schema is made from it.

Says what fields there are and what each holds; what they mean together is checked in `resolve`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from lockstep.catalogue.model import AppKind, Basis, Capability, EditionBasis, WhenUsed
from lockstep.catalogue.permission import PermissionType
from lockstep.catalogue.shape import Day, Flag, Items, Labels, Record, Text, Word

_GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = "[a-z0-9]+(-[a-z0-9]+)*"


def _words(kind: type[StrEnum]) -> tuple[str, ...]:
    return tuple(member.value for member in kind)


_CORRECTION = {
    "written_as": Text("what the vendor wrote"),
    "reason": Text("why that cannot be right"),
}

_PERMISSION = Record(
    "a permission",
    required={
        "api": Text("the key of the API: graph, sharepoint or an app of this file that exposes a scope", _KEY),
        "type": Word("the type", _words(PermissionType)),
        "name": Text("the name of the permission", r"\S+"),
        "id": Text("the id of the permission", _GUID),
        "basis": Word("how sure the type is", _words(Basis)),
        "capability": Word("the capability", _words(Capability)),
        "when_used": Word("when the vendor says it is used", _words(WhenUsed)),
        "label": Text("the vendor's title of the permission"),
        "purpose": Text("what the vendor needs it for, in our own words, or not-stated", stated=True),
    },
    optional={
        "group": Text("the heading of the vendor's table"),
        "allows": Text("what the vendor says it can do, in our own words"),
        "limits": Items("what the vendor says it cannot do", Text("a limit")),
        "correction": Record("a correction of the name", _CORRECTION),
        "misdescribed": Record("a correction of the description", _CORRECTION),
        "rejected": Items(
            "alternatives that the vendor rejected",
            Record("a rejected alternative", {"name": Text("its name", r"\S+"), "reason": Text("why it was rejected")}),
        ),
        "notes": Items("notes of ours", Text("a note")),
    },
)

_STATEMENT = Record(
    "a statement",
    required={
        "key": Text("the key of the statement", _KEY),
        "says": Text("what the vendor says of itself, in our own words"),
        "microsoft": Text("Microsoft's rule beside it, or not-stated", stated=True),
        "differs": Flag("whether the two disagree"),
    },
)

_PRINCIPAL = Record(
    "a principal",
    required={"key": Text("the key of the principal", _KEY), "name": Text("the name of the principal")},
    optional={
        "app_id": Text("the app id of the principal", _GUID),
        "identifier_uris": Items("identifier URIs; {tenant} stands for the tenant id", Text("a URI", r"\S+")),
    },
)

_EXPOSED = Record(
    "an exposed scope",
    required={
        "value": Text("the name of the scope", r"\S+"),
        "type": Word("who may consent to the scope", ("Admin", "User")),
        "admin_consent_display_name": Text("the title shown to administrators"),
        "admin_consent_description": Text("the text shown to administrators"),
        "stable_id": Text("the id of the scope", _GUID),
    },
)

_APP = Record(
    "an app",
    required={
        "key": Text("the key of the app", _KEY),
        "name": Text("the name of the app"),
        "kind": Word("the kind of the app", _words(AppKind)),
        "role": Text("what the app is for"),
        "created_by": Text("who creates the app, or not-stated", stated=True),
        "optional": Flag("whether a customer can do without the app"),
        "managed_at": Text("where an administrator manages the app"),
        "permissions": Items("the permissions of an app", _PERMISSION),
    },
    optional={
        "optional_reason": Text("why the app is optional"),
        "section": Text("the heading of the vendor's section"),
        "warnings": Items("what the vendor warns of", Text("a warning")),
        "statements": Items("statements on one app", _STATEMENT),
        "principals": Items("the principals behind a shared principal", _PRINCIPAL),
        "documented_on": Text("the key of the principal that the vendor documents", _KEY),
        "exposes": Items("scopes that the app offers to other apps", _EXPOSED),
    },
)

EDITION = Record(
    "an edition",
    required={
        "vendor": Text("the key of the vendor", _KEY),
        "valid_from": Day("the first day of the edition"),
        "product_version": Text("the version of the vendor's product, or not-stated", stated=True),
        "basis": Word("the basis of the edition", _words(EditionBasis)),
        "source": Record(
            "the source of an edition",
            required={
                "title": Text("the title of the text"),
                "publisher": Text("the publisher of the text"),
                "retrieved": Day("the day the text was read"),
                "sha256": Text("the SHA-256 of the text", "[0-9a-f]{64}"),
            },
            optional={"url": Text("the address of the text", r"https?://\S+"), "note": Text("a note on the text")},
        ),
        "api_labels": Labels("what the vendor calls each API", Text("the vendor's name of an API")),
        "footnotes": Record(
            "the footnotes, one a type",
            {type.value: Text(f"the footnote on {type.value} permissions") for type in PermissionType},
        ),
        "apps": Items("the apps of an edition", _APP),
    },
    optional={
        "basis_reason": Text("what a reconstructed edition rests on"),
        "statements": Items("statements on all apps", _STATEMENT),
    },
)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an edition file, for editors; `schema.json` is its export."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lockstep catalogue edition",
        **EDITION.schema(),
    }
