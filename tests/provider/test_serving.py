"""The plugin answers the engine at once, loads the rest meanwhile, and begins to sign in as soon as it may."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from lockstep import __version__
from lockstep.errors import CatalogueError
from lockstep.provider.servicer import Servicer
from lockstep.provider.serving import EarlyServicer, _silent
from lockstep.provider.session import Session
from lockstep.rehearsal.plugins import EngineLog, PluginHost
from tests.conftest import REPOSITORY

PLUGIN = REPOSITORY / "plugins" / "entraconsent"
TENANT = "11111111-1111-4111-8111-111111111111"


class Loaded:
    """What the plugin loads: writes down what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.signed_in = asyncio.Event()

    def configured(self, tenant_id: str) -> None:
        self.asked.append(f"configured {tenant_id}")

    async def sign_in(self) -> None:
        self.asked.append("sign in")
        self.signed_in.set()
        raise CatalogueError("a sign-in that fails is no news until somebody needs it")

    async def Check(self, request: Any, context: Any) -> str:  # noqa: N802  the service's name
        self.asked.append("Check")
        return "checked"

    async def Cancel(self, request: Any, context: Any) -> None:  # noqa: N802  the service's name
        self.asked.append("Cancel")


class Context:
    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise PermissionError(code, details)


def tenant() -> Any:
    args = struct_pb2.Struct()
    args.update({"tenantId": TENANT})
    return provider_pb2.ConfigureRequest(args=args)


def test_it_is_configured_and_says_who_it_is_while_the_rest_is_still_being_loaded() -> None:
    go = threading.Event()
    loaded: Any = Loaded()

    def load() -> Any:
        go.wait()
        return loaded

    async def life() -> None:
        early = EarlyServicer(load, lambda: None)
        assert (await early.GetPluginInfo(empty_pb2.Empty(), None)).version == __version__
        assert (await early.Configure(tenant(), None)).supportsPreview
        check = asyncio.create_task(early.Check(None, Context()))
        await asyncio.sleep(0)
        assert not check.done()
        assert loaded.asked == []
        go.set()
        assert await check == "checked"
        await loaded.signed_in.wait()

    loaded.signed_in = asyncio.Event()
    asyncio.run(life())
    assert loaded.asked[0] == f"configured {TENANT}"
    assert {"Check", "sign in"} <= set(loaded.asked)


def test_nobody_signs_in_before_the_engine_has_named_the_tenant() -> None:
    loaded: Any = Loaded()

    async def life() -> None:
        early = EarlyServicer(lambda: loaded, lambda: None)
        assert await early.Check(None, Context()) == "checked"
        await early.Cancel(None, None)

    asyncio.run(life())
    assert loaded.asked == ["configured ", "Check", "Cancel"]


def test_what_a_user_wrote_and_nobody_can_load_is_the_answer_to_each_question() -> None:
    def load() -> Any:
        raise CatalogueError("catalogue/mine.yaml:3: there is no permission Mail.Sned")

    async def life() -> list[Any]:
        early = EarlyServicer(load, lambda: None)
        await early.Configure(tenant(), None)
        answers = await asyncio.gather(*(early.Check(None, Context()) for _ in range(2)), return_exceptions=True)
        await early.Cancel(None, None)
        return list(answers)

    for answer in asyncio.run(life()):
        assert answer.args == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "catalogue/mine.yaml:3: there is no permission Mail.Sned",
        )


@contextmanager
def started(words: list[str]) -> Iterator[Any]:
    """Start the plugin as the engine does; give its service, and end it."""
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
        assert process.wait() == 0


WAYS = {"Pulumi's host for Python": [sys.executable, str(PLUGIN)]}
if sys.platform != "win32":
    WAYS["its own file"] = [str(PLUGIN / "pulumi-resource-entraconsent")]


@pytest.mark.parametrize("words", WAYS.values(), ids=WAYS)
def test_the_plugin_starts_answers_and_ends(words: list[str]) -> None:
    if not (REPOSITORY / ".venv").is_dir() and words != WAYS["Pulumi's host for Python"]:
        pytest.skip("this checkout has no virtual environment of its own")
    with started(words) as plugin:
        assert plugin.GetPluginInfo(empty_pb2.Empty()).version == __version__
        plugin.Configure(tenant())
        urn = "urn:pulumi:dev::lockstep::entraconsent:index:Nothing::x"
        (failure,) = plugin.Check(provider_pb2.CheckRequest(urn=urn)).failures
        assert "entraconsent has no resource type" in failure.reason
        plugin.Cancel(empty_pb2.Empty())


def test_the_plugin_does_without_the_sdk_and_without_the_command_line_of_its_http_client() -> None:
    script = """
import asyncio, sys
from lockstep.provider import plugin
plugin.asyncio.run = lambda serving: serving.close()
plugin.main([])
from lockstep.provider import serving
serving._load(None, serving._silent)
import httpx
left_out = ("pulumi", "opentelemetry", "dill", "rich", "pydantic")
sdk = [name for name in sys.modules if name.partition(".")[0] in left_out]
print(sorted(name for name in sdk if getattr(sys.modules[name], "__file__", None) and ".proto." not in name))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip() == "[]"


def test_the_rehearsal_closes_the_connection_that_the_provider_opened() -> None:
    closed: list[bool] = []

    class Opened(Session):
        async def close(self) -> None:
            closed.append(True)

    async def connect(tenant_id: str) -> Any:
        raise AssertionError("nobody asked for a request")

    host = PluginHost({"entraconsent": Servicer(Opened(connect, _silent))}, EngineLog(lambda *_: None))
    host.close()
    assert closed == [True]
