"""A small provider plugin for the tests: boxes in a dictionary, every call written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import engine_pb2, provider_pb2, status_pb2

from lockstep.deployment import UNKNOWN
from lockstep.provider.structs import values_of
from lockstep.rehearsal.values import to_struct

BOX = "toy:index:Box"


# The service has its own method names.
# ruff: noqa: N802


class ToyPlugin:
    """Keeps boxes: `{id: inputs}`. `size` replaces, `color` updates, `broken` fails, `half` is never complete.

    `half` may name the status code.
    """

    def __init__(self) -> None:
        self.boxes: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.requests: list[tuple[str, Any]] = []
        self.hook: Callable[[str, str], None] = lambda _when, _what: None
        self.replace_deletes_first = False
        self.configured: list[dict[str, Any]] = []
        self._next = 0
        self._log: Any = None

    def attach_engine(self, engine: Any) -> None:
        self._log = engine

    async def CheckConfig(self, request: Any, _context: Any) -> Any:
        self._note("CheckConfig", request)
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: Any, _context: Any) -> Any:
        self._note("DiffConfig", request)
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Configure(self, request: Any, _context: Any) -> Any:
        self._note("Configure", request)
        self.configured.append(values_of(request.args))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    async def Check(self, request: Any, _context: Any) -> Any:
        self._note("Check", request)
        news = values_of(request.news)
        if news.get("color") == "plaid":
            failure = provider_pb2.CheckFailure(property="color", reason="plaid is not a color")
            return provider_pb2.CheckResponse(failures=[failure])
        news.setdefault("lid", "shut")
        return provider_pb2.CheckResponse(inputs=to_struct(news))

    async def Diff(self, request: Any, _context: Any) -> Any:
        self._note("Diff", request)
        olds, news = values_of(request.olds), values_of(request.news)
        changed = sorted(key for key in news if key != "half" and news[key] != olds.get(key))
        answer = provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=["size"] if "size" in changed else [],
            deleteBeforeReplace=self.replace_deletes_first,
            hasDetailedDiff=True,
        )
        for key in changed:
            answer.detailedDiff[key].kind = (
                provider_pb2.PropertyDiff.UPDATE_REPLACE if key == "size" else provider_pb2.PropertyDiff.UPDATE
            )
        return answer

    async def Create(self, request: Any, context: Any) -> Any:
        self._note("Create", request)
        inputs = values_of(request.properties)
        if inputs.get("broken"):
            await context.abort(grpc.StatusCode.UNKNOWN, "the box broke")
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct({**inputs, "weight": UNKNOWN, "label": "known"}))
        self.hook("before", request.urn)
        self._next += 1
        box = f"box-{self._next}"
        self.boxes[box] = inputs
        self.hook("after", request.urn)
        if inputs.get("half"):
            await self._half(context, box, inputs["half"])
        self._say(request.urn, f"made {box}")
        return provider_pb2.CreateResponse(id=box, properties=to_struct({**inputs, "weight": 7, "label": "known"}))

    async def Update(self, request: Any, context: Any) -> Any:
        self._note("Update", request)
        inputs = values_of(request.news)
        if not request.preview:
            self.hook("before", request.urn)
            self.boxes[request.id] = inputs
            self.hook("after", request.urn)
            if inputs.get("half"):
                await self._half(context, request.id, inputs["half"])
        return provider_pb2.UpdateResponse(properties=to_struct({**inputs, "weight": 7, "label": "known"}))

    async def Read(self, request: Any, _context: Any) -> Any:
        self._note("Read", request)
        box = self.boxes.get(request.id)
        if box is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=request.id, inputs=to_struct(box), properties=to_struct({**box, "weight": 7, "label": "known"})
        )

    async def Delete(self, request: Any, context: Any) -> Any:
        self._note("Delete", request)
        if values_of(request.properties).get("stuck"):
            await context.abort(grpc.StatusCode.UNKNOWN, "the box is stuck")
        self.hook("before", request.urn)
        self.boxes.pop(request.id, None)
        self.hook("after", request.urn)
        return empty_pb2.Empty()

    async def Invoke(self, request: Any, _context: Any) -> Any:
        self.calls.append(("Invoke", request.tok))
        answer = provider_pb2.InvokeResponse()
        getattr(answer, "return").CopyFrom(to_struct({"shelf": "top"}))
        return answer

    async def Cancel(self, _request: Any, _context: Any) -> Any:
        return empty_pb2.Empty()

    async def find_orphan(self, _type: str, inputs: dict[str, Any]) -> str | None:
        return next((box for box, kept in self.boxes.items() if kept == inputs), None)

    def named(self, method: str) -> list[str]:
        """Return the names of the resources that `method` was called for, in order."""
        return [urn.rpartition("::")[2] for called, urn in self.calls if called == method]

    def methods(self, name: str) -> list[str]:
        """Return the methods that were called for the resource `name`, in order."""
        return [called for called, urn in self.calls if urn.endswith(f"::{name}")]

    async def _half(self, context: Any, box: str, why: Any) -> None:
        code = grpc.StatusCode[why] if isinstance(why, str) else grpc.StatusCode.UNKNOWN
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=box, properties=to_struct({**self.boxes[box], "weight": 3}), reasons=["the lid is missing"]
            )
        )
        status = status_pb2.Status(code=code.value[0], message="the box is not complete", details=[detail])
        await context.abort(
            code,
            "the box is not complete",
            (("grpc-status-details-bin", status.SerializeToString()),),
        )

    def _say(self, urn: str, message: str) -> None:
        self._log.Log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=urn))

    def _note(self, method: str, request: Any) -> None:
        self.calls.append((method, request.urn))
        self.requests.append((method, request))
