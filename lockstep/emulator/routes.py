"""All routes of all services."""

from __future__ import annotations

from lockstep.emulator.applications.operations import ROUTES as APPLICATIONS
from lockstep.emulator.audits.operations import ROUTES as AUDITS
from lockstep.emulator.batch import ROUTES as BATCH
from lockstep.emulator.consents.operations import ROUTES as CONSENTS
from lockstep.emulator.directoryobjects.operations import ROUTES as OBJECTS
from lockstep.emulator.groups.operations import ROUTES as GROUPS
from lockstep.emulator.policies.operations import ROUTES as POLICIES
from lockstep.emulator.roles.operations import ROUTES as ROLES
from lockstep.emulator.serviceprincipals.operations import ROUTES as PRINCIPALS
from lockstep.emulator.signin.operations import ROUTES as DOORSTEP
from lockstep.emulator.users.operations import ROUTES as USERS

GRAPH = [*APPLICATIONS, *PRINCIPALS, *CONSENTS, *OBJECTS, *USERS, *GROUPS, *ROLES, *POLICIES, *AUDITS, *BATCH]
__all__ = ["DOORSTEP", "GRAPH"]
