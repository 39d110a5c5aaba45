"""Lets the emulator stand for a real tenant: on its way to a plugin each id of the tenant becomes the emulator's.

On the way back it becomes the tenant's again. So program, engine, policies and state see the stack as it is declared,
and only the plugins know that they speak to an emulator. Example: a stack's tenant id in `tenantId` of an AdminConsent.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from google.protobuf import message, struct_pb2


class RenamedPlugin:
    """A plugin that is told `inward[id]` where the engine says `id`, wherever that stands inside a value."""

    def __init__(self, plugin: Any, inward: Mapping[str, str]) -> None:
        self._plugin = plugin
        self._inward = dict(inward)
        self._outward = {new: old for old, new in inward.items()}

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._plugin, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def call(request: Any, context: Any) -> Any:
            renamed = type(request)()
            renamed.CopyFrom(request)
            rename(renamed, self._inward)
            answer = await method(renamed, context)
            if isinstance(answer, message.Message):
                rename(answer, self._outward)
            return answer

        return call


def rename(part: message.Message, names: Mapping[str, str]) -> None:
    """Replace texts in every property value of a message of the provider service; its own fields stay."""
    if isinstance(part, struct_pb2.Struct):
        for value in part.fields.values():
            _rename_value(value, names)
        return
    for field, value in part.ListFields():
        inner = field.message_type
        if inner is not None and not inner.GetOptions().map_entry:
            for nested in (value,) if isinstance(value, message.Message) else value:
                rename(nested, names)


def _rename_value(value: struct_pb2.Value, names: Mapping[str, str]) -> None:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        rename(value.struct_value, names)
    elif kind == "list_value":
        for item in value.list_value.values:
            _rename_value(item, names)
    elif kind == "string_value":
        text = value.string_value
        for old, new in names.items():
            text = text.replace(old, new)
        value.string_value = text
