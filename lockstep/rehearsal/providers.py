"""The providers of one operation: a default one for each package and version, and those that the program registers.

A provider is a resource of the state, with an id. Its plugin is configured before the first call that needs it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping

from lockstep.deployment import PROVIDER_PREFIX, UNKNOWN, Properties, StateResource, make_urn, now
from lockstep.errors import UsageError
from lockstep.rehearsal.calls import ProviderCalls, ProviderDiff
from lockstep.rehearsal.ledger import Ledger
from lockstep.rehearsal.plugins import PluginError
from lockstep.rehearsal.results import ROOTS, Rank

_INTERNAL = "__internal"


class Providers:
    """The configured providers of one operation."""

    def __init__(
        self,
        ledger: Ledger,
        calls: ProviderCalls,
        stack: str,
        project: str,
        config: Mapping[str, str],
        *,
        preview: bool,
    ) -> None:
        self._ledger = ledger
        self._calls = calls
        self._stack = stack
        self._project = project
        self._config = config
        self._preview = preview
        self._lock = threading.Lock()
        self._registered: dict[str, str] = {}
        self._configured: dict[str, Properties] = {}

    def default(self, package: str, version: str) -> str:
        """Return the reference of a package's default provider, registering it at its first use."""
        type_ = f"{PROVIDER_PREFIX}{package}"
        urn = make_urn(self._stack, self._project, "", type_, default_provider_name(version))
        with self._lock:
            if urn not in self._registered:
                settings: Properties = {"version": version} if version else {}
                prefix = f"{package}:"
                settings |= {
                    key.removeprefix(prefix): value for key, value in self._config.items() if key.startswith(prefix)
                }
                resource = StateResource(urn, type_, custom=True)
                self._registered[urn] = self._register(resource, settings, (ROOTS, 1, urn))[0]
            return self._registered[urn]

    def explicit(self, resource: StateResource, rank: Rank) -> bool:
        """Register a provider that the program declares; tell whether it is new or changed."""
        with self._lock:
            reference, changed = self._register(resource, resource.inputs, rank)
            self._registered[resource.urn] = reference
            return changed

    def ensure(self, reference: str) -> None:
        """Configure the provider of an existing resource from the state, unless it already is."""
        urn, id_ = split_reference(reference)
        with self._lock:
            if urn in self._configured:
                return
            resource = self._ledger.any(urn)
            if resource is None:
                raise UsageError(f"the state names the provider {urn} but does not hold it; the state file is damaged")
            self._configure(provider_package(resource.type), urn, id_, _visible(resource.inputs))

    def resource(self, reference: str) -> StateResource | None:
        """Return the provider resource behind a reference."""
        return self._ledger.any(split_reference(reference)[0]) if reference else None

    def _register(self, resource: StateResource, settings: Properties, rank: Rank) -> tuple[str, bool]:
        package = provider_package(resource.type)
        old = self._ledger.old(resource.urn)
        olds = _visible(old.inputs) if old else {}
        inputs, failures = self._calls.check_config(package, resource.urn, olds, settings)
        if failures:
            raise PluginError(f"provider {package}: {'; '.join(failures)}")
        difference = self._calls.diff_config(package, resource.urn, olds, inputs) if old else ProviderDiff(changed=True)
        if old and difference.replace:
            raise UsageError(
                f"the settings of provider {package} changed in {', '.join(difference.keys)}, which replaces every "
                "resource of it; rehearsal does not model that: destroy the stack with the old configuration first"
            )
        resource.id = old.id if old else UNKNOWN if self._preview else str(uuid.uuid4())
        self._configure(package, resource.urn, resource.id, inputs)
        changed = old is None or olds != inputs
        resource.inputs, resource.outputs = {_INTERNAL: {}, **inputs}, inputs
        resource.created = old.created if old else now()
        resource.modified = old.modified if old and not changed else now()
        self._ledger.keep(resource, rank, changed=changed)
        return f"{resource.urn}::{resource.id}", changed

    def _configure(self, package: str, urn: str, id_: str, inputs: Properties) -> None:
        if self._configured.get(urn) != inputs:
            self._calls.configure(package, urn, id_, inputs)
            self._configured[urn] = inputs


def _visible(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != _INTERNAL}


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
