"""The sentences of the dossier that hold for many permissions. Claims nothing that the catalogue does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lockstep.catalogue import App, AppKind, Basis, PermissionType
from lockstep.dossier.model import Entry, ObservedRole, Presence, Sighting, TenantGrant, Treatment

NOT_STATED = "not stated"
NOT_CLASSIFIED = "not classified"

BASIS = {
    Basis.STATED: "the article gives it",
    Basis.INFERRED: "the article does not give it; by its own rule, the text that it shows stands for this type",
    Basis.POSSIBLE: (
        "the article does not give it; it says that some permissions are asked for in both types and not which, so this"
        " second type may be asked for as well"
    ),
    Basis.LIKELY: "the article does not give it, and title and text of the row are of two types: both are likely",
}

EFFECT = {
    PermissionType.DELEGATED: "bounded by the signed-in user: no more than that user may do anyway",
    PermissionType.APPLICATION: "full: there is no user, and nothing but the permission itself bounds it",
}

KIND = {
    AppKind.REGISTRATION: "application registered in your tenant",
    AppKind.SHARED_PRINCIPAL: "service principal of Microsoft, shared by every web part of the tenant",
    AppKind.ENTERPRISE_APP: "the vendor's own application, present in your tenant as an enterprise application",
}

STANDING = {treatment: treatment.value.replace("-", " ") for treatment in Treatment} | {Treatment.ASKED: "asked for"}

STANDING_MEANS = {
    Treatment.ASKED: "The vendor asks for it.",
    Treatment.POSSIBLE: "The vendor may ask for it; its article does not say for certain.",
    Treatment.TOLERATED: "The vendor may ask for it. Lockstep neither gives it nor takes it away.",
    Treatment.REFUSED: "The vendor may ask for it. This stack refuses it: it is removed where it is found.",
    Treatment.WITHHELD: "The vendor asks for it, and the customer decided against it.",
    Treatment.NOT_DEPLOYED: "The app is not part of this stack.",
}

PRESENCE = {
    Presence.AS_DOCUMENTED: "granted as documented",
    Presence.MISSING: "missing",
    Presence.EXTRA: "extra: granted and not documented",
    Presence.WITHHELD: "withheld, and not granted",
    Presence.TOLERATED: "granted, tolerated",
    Presence.FOREIGN: "foreign: somebody else's",
}

TIERS = {0: "control plane", 1: "management plane", 2: "user access"}

FACTS = {
    "name": "name",
    "kind": "kind",
    "role": "what it is for",
    "created_by": "who creates it",
    "optional": "whether it is optional",
    "optional_reason": "why it is optional",
    "managed_at": "where it is managed",
    "section": "the section of the article",
    "warnings": "the vendor's warnings",
    "statements": "the vendor's statements",
    "principals": "the principals",
    "exposes": "the scopes that it offers",
    "basis": "how its type is known",
    "capability": "read or write",
    "feature": "when it is used",
    "label": "the vendor's title",
    "purpose": "the vendor's purpose",
    "client_id": "the client id that the vendor publishes",
    "directory_roles": "the directory roles",
    "renewals": "which consents have to be given again",
    "row": "the row of the article",
    "group": "the vendor's group",
    "allows": "what the vendor says it can do",
    "limits": "its limits",
    "correction": "the correction of its name",
    "misdescribed": "the correction of its description",
    "rejected": "rejected alternatives",
    "notes": "our notes",
    "api_name": "the API's name",
}


def facts(names: Iterable[str]) -> str:
    """Return what differs between two editions, in words, from the names of the catalogue's fields."""
    return ", ".join(FACTS.get(name, name) for name in names)


def presence(sighting: Sighting | TenantGrant) -> str:
    """Return what a tenant has of a permission."""
    if sighting.presence is Presence.WITHHELD and sighting.consented:
        return "withheld, and granted all the same"
    if sighting.presence is Presence.EXTRA and not sighting.consented:
        return "extra: configured and not documented; not granted"
    return PRESENCE[sighting.presence]


def roles_held(app: App, roles: Sequence[ObservedRole]) -> list[str]:
    """Return which directory roles an app's principal has in the tenant, and how each stands to the document."""
    by_id = {role.template_id: role.name for role in app.directory_roles}
    words = []
    for role in roles:
        where = "in the whole tenant" if role.scope == "/" else f"over {role.scope}"
        as_documented = "as documented" if role.scope == "/" else "documented in the whole tenant"
        how = as_documented if role.id in by_id else "not documented"
        words.append(f"{by_id.get(role.id) or role.name or role.id} {where}: {how}")
    held = {role.id for role in roles}
    return words + [f"{name}: not held" for ident, name in by_id.items() if ident not in held]


def admin_consent(entry: Entry) -> str:
    """Return whether an administrator has to consent."""
    required = entry.offered.admin_consent_required
    if required is None:
        return "no public source says; taken as required"
    if required:
        return "required"
    return "not required by Microsoft: where the tenant allows it, users can consent for themselves"


NO_MEANING = "nothing is written of it: neither Lockstep nor this project's catalogue/meanings.json says what it allows"
NO_RISK = "nobody has weighed it: neither Lockstep nor this project's catalogue/risk-tiers.json has a tier for it"


def tier(number: int | None) -> str:
    """Return a tier in a few words."""
    return NOT_CLASSIFIED if number is None else f"tier {number}, {TIERS[number]}"


def cost(entry: Entry) -> str:
    """Return what is lost when the permission is withheld, as far as the vendor says."""
    if entry.documented.purpose:
        return f"lost with it: {entry.documented.purpose}"
    if entry.documented.feature:
        return f"lost with it: {entry.documented.feature.lost}"
    return "lost with it: the vendor does not say"


def moment(entry: Entry) -> str:
    """Return when it is used, in a word or two, for tables."""
    return f"only with {entry.documented.feature.name}" if entry.documented.feature else NOT_STATED


def when_used(entry: Entry) -> str:
    """Return when it is used, as the vendor says; nothing but the vendor holds it to that."""
    feature = entry.documented.feature
    return f"only {feature.used}, says the vendor. Entra does not enforce this" if feature else NOT_STATED
