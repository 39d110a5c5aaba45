"""Users, the organization and its domains: what they hold, and their rules. Knows no HTTP.

What may be written, and which values are allowed, is as in https://learn.microsoft.com/graph/api/resources/user. A
tenant of this emulator has no licences, no mailboxes and no directory of its own premises: what these fill is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockstep.emulator.constants import EPOCH, TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from lockstep.emulator.directoryobjects.model import DirectoryObjects, Located
from lockstep.emulator.exceptions import BadRequestError, NotFoundError
from lockstep.emulator.objects import checked, copied, digest, linked, merge, security_identifier
from lockstep.emulator.odata.filter import EQ, TEXT
from lockstep.emulator.odata.query import Entity
from lockstep.emulator.records import ObjectKind
from lockstep.emulator.store import Object

_TEXTS = (
    "aboutMe", "ageGroup", "birthday", "city", "companyName", "consentProvidedForMinor", "country", "department",
    "displayName", "employeeHireDate", "employeeId", "employeeLeaveDateTime", "employeeType", "faxNumber", "givenName",
    "hireDate", "jobTitle", "mail", "mailNickname", "mobilePhone", "mySite", "officeLocation", "onPremisesImmutableId",
    "passwordPolicies", "postalCode", "preferredDataLocation", "preferredLanguage", "preferredName", "state",
    "streetAddress", "surname", "usageLocation", "userPrincipalName", "userType",
)  # fmt: skip
_LISTS = ("businessPhones", "interests", "otherMails", "pastProjects", "responsibilities", "schools", "skills")
WRITABLE: dict[str, Any] = {
    **dict.fromkeys(_TEXTS),
    **{name: [] for name in _LISTS},
    "accountEnabled": True,
    "employeeOrgData": None,
    "onPremisesExtensionAttributes": {f"extensionAttribute{number}": None for number in range(1, 16)},
    "passwordProfile": None,
    "showInAddressList": None,
}
READ_ONLY: dict[str, Any] = {
    "assignedLicenses": [],
    "assignedPlans": [],
    "createdDateTime": None,
    "creationType": None,
    "deletedDateTime": None,
    "externalUserState": None,
    "externalUserStateChangeDateTime": None,
    "id": None,
    "imAddresses": [],
    "isManagementRestricted": None,
    "isResourceAccount": None,
    "lastPasswordChangeDateTime": None,
    "licenseAssignmentStates": [],
    "onPremisesDistinguishedName": None,
    "onPremisesDomainName": None,
    "onPremisesLastSyncDateTime": None,
    "onPremisesProvisioningErrors": [],
    "onPremisesSamAccountName": None,
    "onPremisesSecurityIdentifier": None,
    "onPremisesSyncEnabled": None,
    "onPremisesUserPrincipalName": None,
    "provisionedPlans": [],
    "securityIdentifier": None,
    "serviceProvisioningErrors": [],
    "signInSessionsValidFromDateTime": None,
}

USER = Entity(
    name="User",
    properties=frozenset(WRITABLE) | frozenset(READ_ONLY),
    filters={
        "displayName": TEXT,
        "id": EQ,
        "mail": TEXT | {"endsWith"},
        "userPrincipalName": TEXT | {"endsWith"},
        "accountEnabled": EQ,
    },
    # https://learn.microsoft.com/graph/api/user-get names these eleven.
    shown=frozenset(
        {
            "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone", "officeLocation",
            "preferredLanguage", "surname", "userPrincipalName",
        }
    ),
    orders=frozenset({"displayName", "userPrincipalName"}),
    expands=frozenset({"directReports", "manager"}),
    binds=frozenset({"manager"}),
)  # fmt: skip
TENANT: Object = {
    "assignedPlans": [],
    "businessPhones": [],
    "city": None,
    "country": None,
    "countryLetterCode": None,
    "createdDateTime": EPOCH,
    "defaultUsageLocation": None,
    "deletedDateTime": None,
    "displayName": TENANT_NAME,
    "id": TENANT_ID,
    "marketingNotificationEmails": [],
    "onPremisesLastSyncDateTime": None,
    "onPremisesSyncEnabled": None,
    "postalCode": None,
    "preferredLanguage": None,
    "provisionedPlans": [],
    "securityComplianceNotificationMails": [],
    "securityComplianceNotificationPhones": [],
    "state": None,
    "street": None,
    "technicalNotificationMails": [],
    "tenantType": "AAD",
    "verifiedDomains": [{"isDefault": True, "isInitial": True, "name": TENANT_DOMAIN, "type": "Managed"}],
}
"""The tenant's own entry in the collection `organization`."""
DOMAINS: list[Object] = [
    {
        "authenticationType": "Managed",
        "availabilityStatus": None,
        "id": TENANT_DOMAIN,
        "isAdminManaged": True,
        "isDefault": True,
        "isInitial": True,
        "isRoot": True,
        "isVerified": True,
        "state": None,
        "supportedServices": [],
    }
]
ORGANIZATION = Entity(name="Organization", properties=frozenset(TENANT), filters={})
DOMAIN = Entity(name="Domain", properties=frozenset(DOMAINS[0]), filters={})

_REQUIRED = ("accountEnabled", "displayName", "mailNickname", "userPrincipalName")
_ALLOWED = {
    "ageGroup": {"Adult", "Minor", "NotAdult"},
    "consentProvidedForMinor": {"Denied", "Granted", "NotRequired"},
    "passwordPolicies": {"None", "DisablePasswordExpiration", "DisableStrongPassword"},
    "userType": {"Guest", "Member"},
}


@dataclass(eq=False)
class Users(ObjectKind):
    """The users of a tenant."""

    table_name, resource = "users", "User"
    objects: DirectoryObjects

    def find(self, value: str, key: str = "id") -> Object | None:
        """Return the user of this id or user principal name, or None; a path may write either in the same place."""
        return self.table.get(value) or next(iter(self.table.by("userPrincipalName", value)), None)

    def new(self, ident: str, values: Mapping[str, Any]) -> Object:
        """Return a user as it is kept, with these values and nothing else."""
        row = {**copied(WRITABLE), **copied(READ_ONLY), "userType": "Member", **values, "id": ident}
        moment = self.records.now()
        dates = ("createdDateTime", "lastPasswordChangeDateTime", "signInSessionsValidFromDateTime")
        return {**row, **dict.fromkeys(dates, moment), "securityIdentifier": security_identifier(ident)}

    def create(self, body: Mapping[str, Any]) -> Object:
        """Add a user, with the password of its `passwordProfile`."""
        new, password = self._read(body)
        self.required(new, *_REQUIRED)
        self.required({"passwordProfile": password}, "passwordProfile")
        link = body.get("manager@odata.bind")
        manager = self._person(linked(str(link)))["id"] if link is not None else None
        properties = {name: value for name, value in new.items() if value is not None}
        row = merge(self.new(self.records.new_id("user"), {"_manager": manager}), properties, WRITABLE)
        return self._kept(row, password)

    def update(self, row: Object, body: Mapping[str, Any]) -> Object:
        """Change a user, or its password."""
        new, password = self._read(body, *READ_ONLY)
        self.required(new, *(name for name in _REQUIRED if name in new))
        changed = merge(row, new, WRITABLE)
        if password:
            changed["lastPasswordChangeDateTime"] = self.records.now()
        return self._kept(changed, password)

    def delete(self, row: Object) -> None:
        """Move a user to the deleted items; consents, app roles and directory roles of the user are gone for good."""
        self.objects.forget(row["id"])
        self.objects.bury(self.table_name, row)

    def manager(self, row: Object) -> Located:
        """Return who a user reports to; NotFoundError without one."""
        located = self.objects.find(str(row.get("_manager")))
        if located is None:
            raise NotFoundError("manager")
        return located

    def reports(self, row: Object) -> list[Located]:
        """Return the users who report to one."""
        return [(self.table_name, other) for other in self.table.by("_manager", row["id"])]

    def set_manager(self, row: Object, ident: str) -> None:
        """Have a user report to another one."""
        self.put({**row, "_manager": self._person(ident)["id"]})

    def remove_manager(self, row: Object) -> None:
        """Have a user report to nobody."""
        self.manager(row)
        self.put({**row, "_manager": None})

    def _person(self, ident: str) -> Object:
        table, row = self.objects.get(ident)
        if table != self.table_name:
            raise BadRequestError("The manager of a user has to be a user.")
        return row

    def _kept(self, row: Object, password: str) -> Object:
        name = str(row["userPrincipalName"])
        if name.rpartition("@")[2].lower() != TENANT_DOMAIN or name.startswith("@"):
            raise BadRequestError(
                "The domain portion of the userPrincipalName property is invalid. You must use one of the"
                " verified domain names in your organization."
            )
        if any(other["id"] != row["id"] for other in self.table.by("userPrincipalName", name)):
            raise BadRequestError("Another object with the same value for property userPrincipalName already exists.")
        return self.put({**row, "_password": digest(password)} if password else row)

    def _read(self, body: Mapping[str, Any], *ignored: str) -> tuple[Object, str]:
        """Return the properties of a user's body, and its password or nothing."""
        new = checked(body, WRITABLE, self.resource, ignored=ignored)
        for name, allowed in _ALLOWED.items():
            words = str(new[name]).replace(" ", "").split(",") if new.get(name) is not None else []
            if not set(words) <= allowed:
                raise self.invalid(name)
        country = new.get("usageLocation")
        if country is not None and not (len(str(country)) == 2 and str(country).isalpha()):
            raise self.invalid("usageLocation")
        if len(new.get("businessPhones") or ()) > 1:
            raise self.invalid("businessPhones")
        profile = new.get("passwordProfile")
        if not isinstance(profile, dict):
            return new, ""
        kept = {"forceChangePasswordNextSignIn": False, "forceChangePasswordNextSignInWithMfa": False, **profile}
        return {**new, "passwordProfile": {**kept, "password": None}}, str(profile.get("password") or "")
