"""Put things into a new tenant, with ids and dates that are the same in every run.

Each seed goes through the services' own models, so that a profile can hold nothing that the services would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lockstep.emulator.constants import EPOCH, USER_PASSWORD
from lockstep.emulator.credentials import password_credential
from lockstep.emulator.objects import digest
from lockstep.emulator.records import fixed_id
from lockstep.emulator.store import Object
from lockstep.emulator.tenant import Tenant

_FAR = "2099-12-31T00:00:00Z"


class Seeder:
    """Makes the things that profiles are made of."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def user(self, name: str, address: str) -> Object:
        """Add a user."""
        given_name, _, surname = name.partition(" ")
        row = {
            "accountEnabled": True,
            "displayName": name,
            "givenName": given_name,
            "id": fixed_id("user", address),
            "mail": address,
            "surname": surname,
            "userPrincipalName": address,
            "userType": "Member",
            "_password": digest(USER_PASSWORD),
        }
        return self.tenant.store.put("users", row)

    def role(self, principal: Object, role: str) -> None:
        """Give a directory role in the whole tenant."""
        with self.tenant.named(f"{principal['displayName']} as {role}", EPOCH):
            self.tenant.roles.assign(principal["id"], role)

    def group(self, name: str, members: Iterable[Object]) -> Object:
        """Add a security group."""
        body = {
            "displayName": name,
            "mailEnabled": False,
            "mailNickname": name.replace(" ", ""),
            "securityEnabled": True,
        }
        bound = [f"https://graph/v1.0/directoryObjects/{member['id']}" for member in members]
        with self.tenant.named(name, EPOCH):
            return self.tenant.groups.create({**body, "members@odata.bind": bound})

    def application(
        self, body: Mapping[str, Any], *, app_id: str | None = None, secret: str | None = None, since: str = EPOCH
    ) -> Object:
        """Add an app registration, by its name; with an app id and a secret of our choice."""
        with self.tenant.named(str(body["displayName"]), since):
            row = dict(self.tenant.applications.create(body))
            row["appId"] = app_id or row["appId"]
            if secret is not None:
                credential = self._credential("local", secret[:3], EPOCH, _FAR)
                row.update(passwordCredentials=[credential], _secrets={credential["keyId"]: digest(secret)})
            return self.tenant.store.put("applications", row)

    def secret(self, application: Object, name: str, start: str, end: str) -> None:
        """Give an application a client secret that nobody knows."""
        with self.tenant.named(f"{application['displayName']}/{name}", start):
            credential = self._credential(name, "Q~8", start, end)
            held = [*application["passwordCredentials"], credential]
            self.tenant.store.put("applications", {**application, "passwordCredentials": held})

    def principal(self, app_id: str, name: str, *, since: str = EPOCH, **values: Any) -> Object:
        """Add the service principal of an app, of this tenant or of another."""
        with self.tenant.named(name, since):
            return self.tenant.principals.create({"appId": app_id, **values})

    def grant(self, client: Object, resource: Object, scopes: Iterable[str], user: Object | None = None) -> None:
        """Consent to scopes, for everyone or for one user."""
        self.tenant.grants.consent(
            client["id"],
            resource["id"],
            " ".join(scopes),
            consent_type="Principal" if user else "AllPrincipals",
            principal_id=user["id"] if user else None,
        )

    def assign(self, client: Object, resource: Object, values: Sequence[str], *, since: str = EPOCH) -> None:
        """Give a client roles of a resource, by their values."""
        roles = {role["value"]: role["id"] for role in resource["appRoles"]}
        with self.tenant.named(f"{client['displayName']} on {resource['displayName']}", since):
            for value in values:
                self.tenant.assignments.assign(client["id"], resource["id"], roles[value])

    def _credential(self, name: str, hint: str, start: str, end: str) -> Object:
        body = {"displayName": name, "endDateTime": end, "startDateTime": start}
        return password_credential(body, self.tenant.new_id("password"), hint, self.tenant.clock())
