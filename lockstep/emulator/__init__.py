"""A local Entra: metadata, sign-in and the part of Microsoft Graph that app permissions need.

Open an `Emulator` and use `Emulator.app` in the same process, or serve one over TLS on loopback with `run_server`. The
package stands alone: it knows the catalogue's permission lists and nothing else of Lockstep. docs/emulator.md says how
a service of it is built, and how a request is answered.
"""

from __future__ import annotations

from lockstep.emulator.clock import Clock
from lockstep.emulator.constants import (
    DEPLOYER_CLIENT_ID,
    DEPLOYER_SECRET,
    PORT,
    TENANT_DOMAIN,
    TENANT_ID,
    TEST_ISSUER,
    USER_PASSWORD,
)
from lockstep.emulator.core import Emulator
from lockstep.emulator.faults import Fault, FaultPlan, Write
from lockstep.emulator.profiles.catalog import check_profile, profiles, resolved
from lockstep.emulator.registry import vendor_client_id
from lockstep.emulator.server import Server, find_server, run_server

__all__ = [
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
    "FaultPlan",
    "Server",
    "Write",
    "check_profile",
    "find_server",
    "profiles",
    "resolved",
    "run_server",
    "vendor_client_id",
]
