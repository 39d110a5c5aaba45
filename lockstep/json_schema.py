"""The JSON Schema of a pydantic model, in one form for files that people write and documents that commands print.

Knows no model. Importing this imports pydantic.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def file_schema(model: type[BaseModel], title: str = "") -> dict[str, Any]:
    """Return the schema of a file: a field that may be absent is absent, and not null."""
    return _schema(model, title, _AbsentNotNull, "validation")


def document_schema(model: type[BaseModel], title: str = "", *, complete: bool = True) -> dict[str, Any]:
    """Return the schema of a document as it is printed; one that is not `complete` leaves out what was not set."""
    return _schema(model, title, _Untitled, "serialization" if complete else "validation")


def _schema(model: type[BaseModel], title: str, generator: type[GenerateJsonSchema], mode: Any) -> dict[str, Any]:
    schema = model.model_json_schema(schema_generator=generator, mode=mode)
    return {"$schema": DIALECT, **schema, "title": title or schema["title"]}


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes up from the names of fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class _AbsentNotNull(_Untitled):
    def nullable_schema(self, schema: Any) -> Any:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> Any:
        return self.generate_inner(schema["schema"])
