"""azuread.ApplicationFederatedIdentityCredential over Graph."""

from __future__ import annotations

from typing import ClassVar

from lockstep.deployment import Properties
from lockstep.rehearsal.azuread.base import Model, text
from lockstep.rehearsal.azuread.schema import Changes, Field, Schema


class FederatedCredential(Model):
    """Trust in another issuer's tokens for one application. Ids: `<object id>/federatedIdentityCredential/<id>`."""

    type = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
    schema: ClassVar[Schema] = {
        "applicationId": Field(required=True, forces_new=True),
        "audiences": Field(many=True, required=True),
        "description": Field(),
        "displayName": Field(required=True, forces_new=True),
        "issuer": Field(required=True),
        "subject": Field(required=True),
    }
    computed = ("credentialId", "id")

    async def create(self, inputs: Properties) -> str:
        """One POST."""
        path = f"/v1.0{inputs['applicationId']}/federatedIdentityCredentials"
        made = await self._graph.send("POST", path, {**_body(inputs), "name": inputs["displayName"]})
        await self._graph.settled(f"{path}/{made['id']}")
        return _id(inputs, str(made["id"]))

    async def read(self, id_: str, inputs: Properties) -> Properties | None:
        """One read."""
        found = await self._graph.get(_path(id_))
        if found is None:
            return None
        return {
            "applicationId": f"/applications/{id_.split('/')[0]}",
            "audiences": list(found.get("audiences") or []),
            "credentialId": text(found.get("id")),
            "description": text(found.get("description")),
            "displayName": text(found.get("name")),
            "id": id_,
            "issuer": text(found.get("issuer")),
            "subject": text(found.get("subject")),
        }

    async def update(self, id_: str, olds: Properties, inputs: Properties, changes: Changes) -> None:
        """One PATCH."""
        await self._graph.send("PATCH", _path(id_), _body(inputs))

    async def delete(self, id_: str, olds: Properties) -> None:
        """One DELETE."""
        await self._graph.send("DELETE", _path(id_))

    async def find(self, inputs: Properties) -> str | None:
        """Find the credential of this name on the application."""
        path = f"/v1.0{inputs['applicationId']}/federatedIdentityCredentials"
        for found in await self._graph.values(path):
            if found.get("name") == inputs["displayName"]:
                return _id(inputs, str(found["id"]))
        return None


def _id(inputs: Properties, credential: str) -> str:
    return f"{str(inputs['applicationId']).rpartition('/')[2]}/federatedIdentityCredential/{credential}"


def _path(id_: str) -> str:
    application, _, credential = id_.split("/")
    return f"/v1.0/applications/{application}/federatedIdentityCredentials/{credential}"


def _body(inputs: Properties) -> Properties:
    return {
        "@odata.type": "#microsoft.graph.federatedIdentityCredential",
        "audiences": inputs["audiences"],
        "description": text(inputs.get("description")),
        "issuer": inputs["issuer"],
        "subject": inputs["subject"],
    }
