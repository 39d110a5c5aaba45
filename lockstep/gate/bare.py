"""What the gate keeps of its caller's environment: programs, languages, folders and proxies, and nothing secret.

A program reads the environment of its parents, as the same user (`/proc/<id>/environ`). So each process of the gate,
the first one too, begins with this environment; the judged program gets still less. Imports nothing of the gate.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

_NAMES = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TERM", "COLUMNS", "LINES", "NO_COLOR"),
        *("TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LOCKSTEP_DEBUG"),
        *("SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"),
        # macOS puts these back into the environment of each Python that begins.
        *("__CF_USER_TEXT_ENCODING", "__PYVENV_LAUNCHER__"),
        *("GIT_DIR", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES"),
    }
)
_BEGINNINGS = ("LC_", "PYTHON", "PIP_")
# The address of an index or a proxy may hold a user and a password.
_CREDENTIALS = re.compile(r"://[^/\s]*@")


def bare(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the gate keeps of an environment."""
    return {
        name: value
        for name, value in environ.items()
        if (name.upper() in _NAMES or name.upper().startswith(_BEGINNINGS)) and not _CREDENTIALS.search(value)
    }


def begin_bare() -> None:
    """Begin this process anew, with the same words and without what it does not keep of its environment."""
    kept = bare(os.environ)
    if os.name == "posix" and sys.executable and kept != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], kept)  # noqa: S606 (our own words again)
