"""The credentials of an application over Graph: the public part of a certificate, and trust in another issuer.

azuread.ApplicationCertificate and azuread.ApplicationFederatedIdentityCredential. Their ids are
`<object id of the application>/<kind>/<id of the credential>`.
"""

from __future__ import annotations

import asyncio
import base64
import uuid
from typing import Any, ClassVar

from lockstep.deployment import Properties
from lockstep.errors import UsageError
from lockstep.rehearsal.azuread.base import Model, text
from lockstep.rehearsal.azuread.connection import Connection
from lockstep.rehearsal.azuread.schema import Changes, Field, Schema
from lockstep.resource_types import CERTIFICATE, FEDERATED


class CertificateModel(Model):
    """One key credential, with the id `<object id>/certificate/<key id>`. Nothing of it changes in place."""

    type = CERTIFICATE
    schema: ClassVar[Schema] = {
        "applicationId": Field(required=True, forces_new=True),
        "encoding": Field(default="pem", forces_new=True),
        "endDate": Field(computed=True, forces_new=True),
        "keyId": Field(computed=True, forces_new=True),
        "startDate": Field(computed=True, forces_new=True),
        "type": Field(forces_new=True),
        "value": Field(required=True, forces_new=True),
    }
    computed = ("id", "keyId", "startDate")

    def __init__(self, graph: Connection) -> None:
        super().__init__(graph)
        self._one_at_a_time = asyncio.Lock()

    def check(self, news: Properties) -> tuple[Properties, list[tuple[str, str]]]:
        """Refuse a private key besides the usual."""
        inputs, failures = super().check(news)
        if "PRIVATE KEY" in str(news.get("value")):
            failures.append(("value", "this is a private key; give the certificate alone, its public part"))
        return inputs, failures

    async def create(self, inputs: Properties) -> str:
        """Read the credentials, send them back with one more: Graph replaces the whole list."""
        path, key_id = f"/v1.0{inputs['applicationId']}", _key_id(inputs)
        credential = {
            "keyId": key_id,
            "type": inputs.get("type") or "",
            "usage": "Verify",
            "key": _key(inputs),
            **{date: inputs[name] for name, date in _DATES.items() if inputs.get(name)},
        }
        async with self._one_at_a_time:
            app = await self._graph.settled(path)
            await self._graph.send("PATCH", path, {"keyCredentials": [*(app.get("keyCredentials") or []), credential]})
            await self._graph.until(lambda: self._credential(path, key_id), f"the certificate {key_id}")
        return _id(inputs, "certificate", key_id)

    async def _credential(self, path: str, key_id: str) -> dict[str, Any] | None:
        app = await self._graph.get(path) or {}
        entries: list[dict[str, Any]] = app.get("keyCredentials") or []
        return next((entry for entry in entries if str(entry.get("keyId")).casefold() == key_id.casefold()), None)

    async def read(self, id_: str, inputs: Properties) -> Properties | None:
        """Find the credential in its application."""
        application, _, key_id = id_.split("/")
        credential = await self._credential(f"/v1.0/applications/{application}", key_id)
        if credential is None:
            return None
        return {
            "applicationId": f"/applications/{application}",
            "encoding": inputs.get("encoding") or "pem",
            "endDate": text(credential.get("endDateTime")),
            "endDateRelative": None,
            "id": id_,
            "keyId": key_id,
            "startDate": text(credential.get("startDateTime")),
            "type": text(credential.get("type")),
            "value": text(inputs.get("value")),
        }

    async def delete(self, id_: str, olds: Properties) -> None:
        """Send the other credentials back without this one."""
        application, _, key_id = id_.split("/")
        path = f"/v1.0/applications/{application}"
        async with self._one_at_a_time:
            app = await self._graph.get(path)
            if app is not None:
                kept = [entry for entry in app.get("keyCredentials") or [] if entry.get("keyId") != key_id]
                await self._graph.send("PATCH", path, {"keyCredentials": kept})

    async def find(self, inputs: Properties) -> str | None:
        """Find the credential that these inputs make."""
        key_id = _key_id(inputs)
        credential = await self._credential(f"/v1.0{inputs['applicationId']}", key_id)
        return _id(inputs, "certificate", key_id) if credential else None


_DATES = {"startDate": "startDateTime", "endDate": "endDateTime"}


def _key_id(inputs: Properties) -> str:
    """Return the key's id: the same for the same key, so that an interrupted create is found again."""
    return str(inputs.get("keyId") or uuid.uuid5(uuid.NAMESPACE_URL, f"{inputs['applicationId']} {_key(inputs)}"))


def _key(inputs: Properties) -> str:
    value = str(inputs["value"]).strip()
    if inputs.get("encoding") in (None, "pem"):
        return base64.b64encode(str(inputs["value"]).encode()).decode()
    try:
        der = bytes.fromhex(value) if inputs["encoding"] == "hex" else base64.b64decode(value, validate=True)
    except ValueError:
        raise UsageError(f"the certificate is not {inputs['encoding']} data") from None
    lines = base64.encodebytes(der).decode()
    return base64.b64encode(f"-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n".encode()).decode()


_FEDERATED = "federatedIdentityCredential"


class FederatedCredentialModel(Model):
    """Trust in another issuer's tokens, with the id `<object id>/federatedIdentityCredential/<id>`."""

    type = FEDERATED
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
        created = await self._graph.send("POST", path, {**_federated_body(inputs), "name": inputs["displayName"]})
        await self._graph.settled(f"{path}/{created['id']}")
        return _id(inputs, _FEDERATED, str(created["id"]))

    async def read(self, id_: str, inputs: Properties) -> Properties | None:
        """One read."""
        credential = await self._graph.get(_path(id_))
        if credential is None:
            return None
        return {
            "applicationId": f"/applications/{id_.split('/')[0]}",
            "audiences": list(credential.get("audiences") or []),
            "credentialId": text(credential.get("id")),
            "description": text(credential.get("description")),
            "displayName": text(credential.get("name")),
            "id": id_,
            "issuer": text(credential.get("issuer")),
            "subject": text(credential.get("subject")),
        }

    async def update(self, id_: str, olds: Properties, inputs: Properties, changes: Changes) -> None:
        """One PATCH."""
        await self._graph.send("PATCH", _path(id_), _federated_body(inputs))

    async def delete(self, id_: str, olds: Properties) -> None:
        """One DELETE."""
        await self._graph.send("DELETE", _path(id_))

    async def find(self, inputs: Properties) -> str | None:
        """Find the credential of this name on the application."""
        path = f"/v1.0{inputs['applicationId']}/federatedIdentityCredentials"
        for credential in await self._graph.values(path):
            if credential.get("name") == inputs["displayName"]:
                return _id(inputs, _FEDERATED, str(credential["id"]))
        return None


def _path(id_: str) -> str:
    application, _, credential = id_.split("/")
    return f"/v1.0/applications/{application}/federatedIdentityCredentials/{credential}"


def _federated_body(inputs: Properties) -> Properties:
    return {
        "@odata.type": "#microsoft.graph.federatedIdentityCredential",
        "audiences": inputs["audiences"],
        "description": text(inputs.get("description")),
        "issuer": inputs["issuer"],
        "subject": inputs["subject"],
    }


def _id(inputs: Properties, kind: str, credential: str) -> str:
    return f"{str(inputs['applicationId']).rpartition('/')[2]}/{kind}/{credential}"
