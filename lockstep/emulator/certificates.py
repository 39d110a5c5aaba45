"""The certificate authority of one emulator, and the certificate of its TLS door: made once, kept beside the state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Certificates:
    """Where the authority's certificate and the door's key and chain are."""

    ca: Path
    leaf: Path


def certificates(state: Path) -> Certificates:
    """Return the certificates of a state file, made now when there are none yet."""
    found = Certificates(ca=state.with_name(state.name + ".ca.pem"), leaf=state.with_name(state.name + ".leaf.pem"))
    if not (found.ca.exists() and found.leaf.exists()):
        _make(found)
    return found


def _make(wanted: Certificates) -> None:
    import trustme

    authority = trustme.CA(organization_name="Lockstep emulator")
    leaf = authority.issue_cert(*_NAMES)
    wanted.leaf.unlink(missing_ok=True)
    wanted.leaf.touch(mode=0o600)
    wanted.leaf.write_bytes(leaf.private_key_and_cert_chain_pem.bytes())
    wanted.ca.write_bytes(authority.cert_pem.bytes())
