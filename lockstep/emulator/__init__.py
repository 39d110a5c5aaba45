"""A local Entra: metadata, sign-in and the part of Microsoft Graph that app permissions need.

One model, two doors: `Emulator.app` in process, `run_server` over TLS on loopback. Stands alone: it knows the
catalogue's permission lists and nothing else of Lockstep.
"""

from __future__ import annotations

from lockstep.emulator.clock import Clock
from lockstep.emulator.constants import (
    ATERA_CLIENT_ID,
    DEPLOYER_CLIENT_ID,
    DEPLOYER_SECRET,
    PORT,
    TENANT_DOMAIN,
    TENANT_ID,
    TEST_ISSUER,
    USER_PASSWORD,
)
from lockstep.emulator.core import Emulator
from lockstep.emulator.faults import Fault, Plan, Write
from lockstep.emulator.profiles.catalog import check_profile, profiles, resolved
from lockstep.emulator.server import Server, find_server, run_server

__all__ = [
    "ATERA_CLIENT_ID",
    "DEPLOYER_CLIENT_ID",
    "DEPLOYER_SECRET",
    "PORT",
    "TENANT_DOMAIN",
    "TENANT_ID",
    "TEST_ISSUER",
    "USER_PASSWORD",
    "Clock",
    "Emulator",
    "Fault",
    "Plan",
    "Server",
    "Write",
    "check_profile",
    "find_server",
    "profiles",
    "resolved",
    "run_server",
]
