"""azuread.ApplicationCertificate over Graph: the public part of a certificate on an application."""

from __future__ import annotations

import asyncio
import base64
import uuid
from typing import Any, ClassVar

from lockstep.deployment import Properties
from lockstep.errors import UsageError
from lockstep.rehearsal.azuread.base import Model, text
from lockstep.rehearsal.azuread.schema import Field, Schema


class Certificate(Model):
    """One key credential. Ids: `<object id>/certificate/<key id>`. Nothing of it changes in place."""

    type = "azuread:index/applicationCertificate:ApplicationCertificate"
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

    def __init__(self, graph: Any) -> None:
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
            **{name: inputs[given] for name, given in _DATES.items() if inputs.get(given)},
        }
        async with self._one_at_a_time:
            app = await self._graph.settled(path)
            await self._graph.send("PATCH", path, {"keyCredentials": [*(app.get("keyCredentials") or []), credential]})
            await self._graph.until(lambda: self._has(path, key_id), f"the certificate {key_id}")
        return f"{path.rpartition('/')[2]}/certificate/{key_id}"

    async def _has(self, path: str, key_id: str) -> bool:
        app = await self._graph.get(path) or {}
        return any(entry.get("keyId") == key_id for entry in app.get("keyCredentials") or [])

    async def read(self, id_: str, inputs: Properties) -> Properties | None:
        """Find the credential in its application."""
        application, _, key_id = id_.split("/")
        app = await self._graph.get(f"/v1.0/applications/{application}")
        for credential in (app or {}).get("keyCredentials") or []:
            if str(credential.get("keyId")).casefold() == key_id.casefold():
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
        return None

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
        app = await self._graph.get(f"/v1.0{inputs['applicationId']}")
        for credential in (app or {}).get("keyCredentials") or []:
            if credential.get("keyId") == _key_id(inputs):
                return f"{str(inputs['applicationId']).rpartition('/')[2]}/certificate/{credential['keyId']}"
        return None


_DATES = {"startDateTime": "startDate", "endDateTime": "endDate"}


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
