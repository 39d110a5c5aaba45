"""All routes of all services."""

from __future__ import annotations

from lockstep.emulator.applications.routes import ROUTES as APPLICATIONS
from lockstep.emulator.assignments.routes import ROUTES as ASSIGNMENTS
from lockstep.emulator.audits.routes import ROUTES as AUDITS
from lockstep.emulator.batch.routes import ROUTES as BATCH
from lockstep.emulator.directoryobjects.routes import ROUTES as OBJECTS
from lockstep.emulator.grants.routes import ROUTES as GRANTS
from lockstep.emulator.groups.routes import ROUTES as GROUPS
from lockstep.emulator.metadata.routes import ROUTES as METADATA
from lockstep.emulator.roles.routes import ROUTES as ROLES
from lockstep.emulator.serviceprincipals.routes import ROUTES as PRINCIPALS
from lockstep.emulator.signin.routes import ROUTES as SIGNIN
from lockstep.emulator.users.routes import ROUTES as USERS

GRAPH = [*APPLICATIONS, *PRINCIPALS, *ASSIGNMENTS, *GRANTS, *OBJECTS, *USERS, *GROUPS, *ROLES, *AUDITS, *BATCH]
DOORSTEP = [*METADATA, *SIGNIN]
