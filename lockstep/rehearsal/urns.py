"""URNs as the deployment engine builds them. Pure text.

The chain of types holds every parent's type except the stack's own, which the SDK's mocks get wrong.
"""

from __future__ import annotations

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource of `type_` called `name` under `parent` (a URN, or nothing)."""
    chain = qualified_type(parent) if parent else ""
    prefix = f"{chain}$" if chain and chain != STACK_TYPE else ""
    return f"urn:pulumi:{stack}::{project}::{prefix}{type_}::{name}"


def stack_urn(stack: str, project: str) -> str:
    """Return the URN of the stack's root resource."""
    return make_urn(stack, project, "", STACK_TYPE, f"{project}-{stack}")


def qualified_type(urn: str) -> str:
    """Return the chain of types of a URN, the resource's own last."""
    return urn.split("::", 3)[2]


def urn_name(urn: str) -> str:
    """Return the resource's logical name."""
    return urn.split("::", 3)[3]


def package_of(type_: str) -> str:
    """Return the package that a type or function token belongs to."""
    return type_.split(":", 1)[0]


def is_provider(type_: str) -> bool:
    """Tell whether a type is that of a provider resource."""
    return type_.startswith(PROVIDER_PREFIX)


def provider_package(type_: str) -> str:
    """Return the package that a provider resource of `type_` serves."""
    return type_.removeprefix(PROVIDER_PREFIX)


def default_provider_name(version: str) -> str:
    """Return the logical name of a package's default provider at `version` (which may be unknown)."""
    return f"default_{version.replace('.', '_').replace('-', '_').replace('+', '_')}" if version else "default"


def split_reference(reference: str) -> tuple[str, str]:
    """Return the URN and the id of a provider reference."""
    urn, _, id_ = reference.rpartition("::")
    return urn, id_
