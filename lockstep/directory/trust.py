"""Which certificates we trust: SSL_CERT_FILE or SSL_CERT_DIR, as Go reads them on Linux, else the system's.

Knows nothing of what is asked over the connection. Verification cannot be switched off.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from lockstep.errors import SettingError

# In this order: the first that is set decides, as with Go, OpenSSL and requests.
FILE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


def tls_context(env: Mapping[str, str]) -> ssl.SSLContext:
    """Return a verifying context for the environment's certificate authorities."""
    for variable in FILE_VARIABLES:
        if env.get(variable):
            return _context_of_file(variable, Path(env[variable]))
    if env.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=env["SSL_CERT_DIR"])
    return _system_context()


def _context_of_file(variable: str, path: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=path)
    except FileNotFoundError:
        problem = "does not exist"
    except ssl.SSLError:
        problem = "holds no certificates in PEM form"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    raise SettingError(
        f"{variable} names {path}, which {problem}; allowed: a PEM file of certificate authorities; "
        f'to fix: correct or unset {variable}, or for the local emulator run eval "$(lockstep emulator env)"'
    ) from None


def _system_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not context.get_ca_certs() and not (paths.cafile or paths.capath):
        # Some Python builds for macOS come without a store of their own.
        import certifi

        context.load_verify_locations(certifi.where())
    return context
