"""The tenant: its records, and the services that read and change them. Knows no HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable

from lockstep.emulator.applications.model import Applications
from lockstep.emulator.audits.model import Audits
from lockstep.emulator.consents.model import Assignments, Grants
from lockstep.emulator.directoryobjects.deleted import DeletedItems
from lockstep.emulator.directoryobjects.model import DirectoryObjects
from lockstep.emulator.groups.model import Groups
from lockstep.emulator.policies.model import AppManagement, ClaimsPolicies
from lockstep.emulator.records import Records
from lockstep.emulator.roles.definitions import RoleDefinitions
from lockstep.emulator.roles.model import Roles
from lockstep.emulator.serviceprincipals.model import ServicePrincipals
from lockstep.emulator.statefile import StateFile
from lockstep.emulator.users.model import Users


class Tenant(Records):
    """The records of one tenant and its services. A service is given those that it needs, which are made before it."""

    def __init__(self, journal: StateFile | None = None, clock: Callable[[], float] = time.time) -> None:
        super().__init__(journal, clock)
        self.objects = DirectoryObjects(self)
        self.grants = Grants(self)
        self.assignments = Assignments(self)
        self.role_definitions = RoleDefinitions(self)
        self.roles = Roles(self, self.objects, self.role_definitions)
        self.groups = Groups(self, self.objects, self.roles)
        self.users = Users(self, self.objects)
        self.principals = ServicePrincipals(self, self.objects)
        self.app_management = AppManagement(self)
        self.claims_policies = ClaimsPolicies(self)
        self.applications = Applications(self, self.objects, self.principals, self.app_management)
        self.deleted = DeletedItems(self, self.applications, self.principals)
        self.audits = Audits(self, self.objects, self.roles)
