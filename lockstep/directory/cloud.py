"""Which cloud we talk to: by name, or by asking a metadata host, as the azuread provider does.

Knows nothing of credentials. Every address it returns is https.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from lockstep.directory.retry import Waiting, exchange
from lockstep.directory.wording import came_with, json_object, one_line, origin
from lockstep.errors import SettingError, TenantError, nearest

_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_FIX = (
    "to fix: correct ARM_METADATA_HOSTNAME, or unset it and name a cloud in ARM_ENVIRONMENT; where it is right, look "
    "for a proxy in between (HTTPS_PROXY, NO_PROXY)"
)
METADATA_PATH = "/metadata/endpoints?api-version=2022-09-01"


@dataclass(frozen=True)
class Cloud:
    """A Microsoft cloud: the origins of Graph and of the sign-in, and the metadata host that named them."""

    name: str
    graph: str
    login: str
    metadata_host: str | None = None

    @property
    def scope(self) -> str:
        """The scope of a token for this cloud's Graph."""
        return f"{self.graph}/.default"


PUBLIC = Cloud("public", "https://graph.microsoft.com", "https://login.microsoftonline.com")
US_GOVERNMENT = Cloud("usgovernment", "https://graph.microsoft.us", "https://login.microsoftonline.us")
US_GOVERNMENT_L5 = Cloud("usgovernmentl5", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us")
CHINA = Cloud("china", "https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn")

CLOUDS: Mapping[str, Cloud] = {
    "public": PUBLIC,
    "global": PUBLIC,
    "usgovernment": US_GOVERNMENT,
    "usgovernmentl4": US_GOVERNMENT,
    "usgovernmentl5": US_GOVERNMENT_L5,
    "dod": US_GOVERNMENT_L5,
    "china": CHINA,
}


async def cloud_from_environment(
    env: Mapping[str, str], http: httpx.AsyncClient, *, waiting: Waiting | None = None
) -> Cloud:
    """Return the cloud of ARM_METADATA_HOSTNAME (one request) or ARM_ENVIRONMENT (none); the public one by default."""
    host = env.get("ARM_METADATA_HOSTNAME", "").strip()
    if host:
        return await _ask(host, http, waiting or Waiting())
    name = env.get("ARM_ENVIRONMENT", "").strip() or "public"
    try:
        return CLOUDS[name.casefold()]
    except KeyError:
        raise SettingError(
            f"ARM_ENVIRONMENT is {name!r}; allowed: {', '.join(CLOUDS)}{nearest(name, CLOUDS)}; "
            "to fix: set one of these, or ARM_METADATA_HOSTNAME for another cloud"
        ) from None


async def _ask(host: str, http: httpx.AsyncClient, waiting: Waiting) -> Cloud:
    if not (_HOST.fullmatch(host) and origin(f"https://{host}")):
        raise SettingError(
            f"ARM_METADATA_HOSTNAME is {one_line(host)!r}; allowed: a host name with an optional port, such as "
            "localhost:8443 (https is implied, plain http is refused); to fix: leave out the scheme and the path"
        )
    url = f"https://{host}{METADATA_PATH}"
    patience = waiting.start(f"GET {url}")
    response = await exchange(lambda: http.get(url), url, safe=True, patience=patience)
    document = _document(host, response)
    authentication = document.get("authentication")
    login = authentication.get("loginEndpoint") if isinstance(authentication, dict) else None
    return Cloud(
        name=str(document.get("name") or host),
        graph=_https(host, "microsoftGraphResourceId", document.get("microsoftGraphResourceId")),
        login=_https(host, "authentication.loginEndpoint", login),
        metadata_host=host,
    )


def _document(host: str, response: httpx.Response) -> dict[str, Any]:
    document = json_object(response)
    if response.status_code == 200 and document is not None:
        return document
    raise TenantError(f"the metadata host {host} answered {came_with(response)} for {METADATA_PATH}; {_FIX}")


def _https(host: str, name: str, value: object) -> str:
    if isinstance(value, str) and value.startswith("https://") and "@" not in value and origin(value):
        return origin(value)
    shown = one_line(str(value)) if value else "nothing"
    raise TenantError(f"the metadata host {host} gives {shown} as {name}; allowed: an https address; {_FIX}")
