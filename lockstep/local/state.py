"""What a local stack keeps on disk, and the environment that points every tool at its emulator.

One folder for each stack, `.lockstep/<stack>/`, beside Pulumi.yaml. Starts nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lockstep.emulator import DEPLOYER_CLIENT_ID, DEPLOYER_SECRET, TENANT_ID
from lockstep.file_lock import HeldFile, holder

PASSPHRASE = "local-only"  # noqa: S105  (Pulumi wants one; a local stack has no secrets to keep)

# Of the caller's PULUMI_ variables these say where things are; every other one could change what a run does.
_KEPT = {
    "PULUMI_HOME",
    "PULUMI_SKIP_UPDATE_CHECK",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
    "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK",
}
_OTHERS = ("ARM_", "AZURE_", "PULUMI_")


@dataclass(frozen=True)
class LocalState:
    """The files of one local stack."""

    directory: Path
    file: Path | None = None
    """The emulator's state, where it is not in the folder."""

    @classmethod
    def beside(cls, state: Path) -> LocalState:
        """Return the state that goes with an emulator's state file of the user's own."""
        return cls(state.absolute().with_name(state.name + ".stack"), state.absolute())

    @classmethod
    def of(cls, project: Path, stack: str) -> LocalState:
        """Return the state of a stack of a project."""
        return cls(project / ".lockstep" / stack)

    @property
    def owner(self) -> LocalState:
        """The stack whose own emulator this is, where the state file stands in a stack's folder; else this."""
        own = LocalState(self.emulator.absolute().parent)
        return own if own.directory.parent.name == ".lockstep" and own.emulator.name == self.emulator.name else self

    @property
    def emulator(self) -> Path:
        """The emulator's state."""
        return self.file or self.directory / "emulator.sqlite"

    @property
    def state(self) -> Path:
        """The deployment that both engines hand to each other (version 3)."""
        return self.directory / "state.json"

    @property
    def backend(self) -> Path:
        """The file backend of the Pulumi CLI."""
        return self.directory / "backend"

    @property
    def project(self) -> Path:
        """A bare project, in which stacks are made without touching the tracked stack file."""
        return self.directory / "project"

    @property
    def events(self) -> Path:
        """The engine events of the Pulumi CLI's last run."""
        return self.directory / "events.jsonl"

    @property
    def adopted(self) -> Path:
        """What a rehearsed adoption keeps: the settings that a stack file has for the real tenant."""
        return self.directory / "adopted.json"

    @property
    def document(self) -> Path:
        """The last import document."""
        return self.directory / "adopt.json"

    @property
    def handover(self) -> Path:
        """The fingerprints of the last hand-over between the two engines."""
        return self.directory / "handover.json"

    def hold(self, stack: str) -> HeldFile:
        """Hold the stack for a run that writes; StateError, with who has it, when another one does."""
        return HeldFile(self._run, f"the stack {stack}")

    def holder(self) -> str:
        """Return which command of ours holds the stack, in words; nothing when none does."""
        return holder(self._run)

    @property
    def _run(self) -> Path:
        return self.directory / "run"

    def prepare(self) -> None:
        """Make the folders."""
        self.emulator.parent.mkdir(parents=True, exist_ok=True)
        self.directory.mkdir(parents=True, exist_ok=True)


def without_callers(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the caller's sign-ins and Pulumi options: they belong to other targets."""
    return {
        name: value
        for name, value in environ.items()
        if name in _KEPT or not name.startswith(_OTHERS) or name.startswith("PULUMI_PYTHON")
    }


def sign_in(port: int) -> dict[str, str]:
    """Return what the azuread provider, our own and azure-identity read to sign in to the emulator."""
    return {
        "ARM_METADATA_HOSTNAME": f"localhost:{port}",
        "ARM_TENANT_ID": TENANT_ID,
        "ARM_CLIENT_ID": DEPLOYER_CLIENT_ID,
        "ARM_CLIENT_SECRET": DEPLOYER_SECRET,
        "ARM_USE_CLI": "false",
        "AZURE_TENANT_ID": TENANT_ID,
        "AZURE_CLIENT_ID": DEPLOYER_CLIENT_ID,
        "AZURE_CLIENT_SECRET": DEPLOYER_SECRET,
        "AZURE_AUTHORITY_HOST": f"https://localhost:{port}",
    }


def trust(bundle: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what makes programs trust the emulator's certificate and reach it without a proxy."""
    direct = [name for name in environ.get("NO_PROXY", environ.get("no_proxy", "")).split(",") if name]
    hosts = ",".join([*direct, "localhost", "127.0.0.1"])
    return {"SSL_CERT_FILE": str(bundle), "NO_PROXY": hosts, "no_proxy": hosts}


def pulumi_settings(local: LocalState) -> dict[str, str]:
    """Return what makes the Pulumi CLI use this stack's own backend."""
    return {
        "PULUMI_BACKEND_URL": local.backend.resolve().as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        # The stack file need not repeat what the state knows.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # Pulumi asks `python -m pip` in the project's folder, where a `types.py` would take the place of Python's own.
        "PYTHONSAFEPATH": "1",
    }


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Make `variables` this process's whole environment for a while: a program in process reads it."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
