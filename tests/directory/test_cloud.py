from __future__ import annotations

import httpx
import pytest

from lockstep.directory import Cloud, cloud_from_environment
from lockstep.directory.retry import Waiting
from lockstep.errors import SettingError, TenantError
from tests.directory.entra import Entra
from tests.directory.scripted import Clock, Reply, Server, Step, client, run

GOOD = {
    "name": "Mine",
    "microsoftGraphResourceId": "https://graph.test/",
    "authentication": {"loginEndpoint": "https://login.test/"},
}


def ask(env: dict[str, str], *steps: Step, repeat: bool = False) -> Cloud:
    clock = Clock()
    return run(
        cloud_from_environment(env, client(Server(*steps, repeat=repeat)), waiting=Waiting(60, clock, clock.sleep))
    )


@pytest.mark.parametrize(
    ("name", "graph", "login"),
    [
        (None, "https://graph.microsoft.com", "https://login.microsoftonline.com"),
        ("", "https://graph.microsoft.com", "https://login.microsoftonline.com"),
        ("public", "https://graph.microsoft.com", "https://login.microsoftonline.com"),
        ("global", "https://graph.microsoft.com", "https://login.microsoftonline.com"),
        ("USGovernment", "https://graph.microsoft.us", "https://login.microsoftonline.us"),
        ("usgovernmentl4", "https://graph.microsoft.us", "https://login.microsoftonline.us"),
        ("usgovernmentl5", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
        ("dod", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us"),
        ("china", "https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
    ],
)
def test_cloud_by_name_needs_no_request(name: str | None, graph: str, login: str) -> None:
    cloud = ask({} if name is None else {"ARM_ENVIRONMENT": name})
    assert (cloud.graph, cloud.login, cloud.metadata_host) == (graph, login, None)
    assert cloud.scope == f"{graph}/.default"


def test_cloud_of_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingError, match=r"'usgoverment'; allowed: public.*did you mean 'usgovernment'.*to fix"):
        ask({"ARM_ENVIRONMENT": "usgoverment"})


def test_cloud_of_a_metadata_host_takes_what_it_says_and_wins_over_the_name() -> None:
    cloud = ask({"ARM_METADATA_HOSTNAME": "meta.test", "ARM_ENVIRONMENT": "china"}, Reply(200, GOOD))
    assert cloud == Cloud("Mine", "https://graph.test", "https://login.test", "meta.test")


def test_cloud_of_the_local_emulator_keeps_its_port() -> None:
    entra = Entra(origin="https://localhost:8443")
    cloud = run(cloud_from_environment({"ARM_METADATA_HOSTNAME": "localhost:8443"}, client(entra.app)))
    assert (cloud.graph, cloud.login) == ("https://localhost:8443", "https://localhost:8443")


@pytest.mark.parametrize(
    "host", ["https://meta.test", "http://meta.test", "meta.test/x", "me ta", "a@b", "a:b:c", "meta:x"]
)
def test_metadata_host_is_only_a_host(host: str) -> None:
    with pytest.raises(SettingError, match=r"plain http is refused.*to fix: leave out"):
        ask({"ARM_METADATA_HOSTNAME": host})


@pytest.mark.parametrize(
    "document",
    [
        {**GOOD, "microsoftGraphResourceId": "http://graph.test/"},
        {**GOOD, "microsoftGraphResourceId": None},
        {**GOOD, "authentication": {"loginEndpoint": "http://login.test"}},
        {**GOOD, "authentication": None},
        {**GOOD, "microsoftGraphResourceId": "https://graph.test@evil.test/"},
    ],
)
def test_metadata_with_an_address_that_is_not_https_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(TenantError, match=r"meta\.test gives .* allowed: an https address; to fix"):
        ask({"ARM_METADATA_HOSTNAME": "meta.test"}, Reply(200, document))


@pytest.mark.parametrize("reply", [Reply(404), Reply(200, text="<html>"), Reply(200, [1])])
def test_metadata_host_that_is_none_is_one_line(reply: Reply) -> None:
    with pytest.raises(
        TenantError, match=r"the metadata host meta\.test answered .*; to fix: correct ARM_METADATA_HOSTNAME"
    ):
        ask({"ARM_METADATA_HOSTNAME": "meta.test"}, reply)


def test_metadata_host_that_is_down_names_the_emulator_when_local() -> None:
    with pytest.raises(TenantError, match=r"cannot reach localhost:8443: .*lockstep emulator serve"):
        ask({"ARM_METADATA_HOSTNAME": "localhost:8443"}, httpx.ConnectError("refused"))
