"""What becomes of every azuread type at the emulator. Data, and what the program declares."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent

NOT_IMPORTABLE = {
    "ApplicationCertificate": "Graph never gives the certificate back that `value` holds",
    "ApplicationPassword": "azuread has no import for it: nobody can read a secret again",
    "ServicePrincipalCertificate": "Graph never gives the certificate back that `value` holds",
    "ServicePrincipalPassword": "azuread has no import for it: nobody can read a secret again",
    "User": "nobody can read a password again",
}
"""In the program, made and left alone; not imported, because."""

_GOVERNANCE = "/identityGovernance/entitlementManagement"
_PACKAGES, _CATALOGS = f"{_GOVERNANCE}/accessPackages", f"{_GOVERNANCE}/accessPackageCatalogs"
_STRENGTH = "/policies/authenticationStrengthPolicies"
_PRIVILEGED = "/identityGovernance/privilegedAccess/group"

NOT_ANSWERED = {
    "AccessPackage": ("POST", _PACKAGES),
    "AccessPackageAssignmentPolicy": ("POST", f"{_GOVERNANCE}/accessPackageAssignmentPolicies"),
    "AccessPackageCatalog": ("POST", _CATALOGS),
    "AccessPackageCatalogRoleAssignment": ("POST", "/roleManagement/entitlementManagement/roleAssignments"),
    "AccessPackageResourceCatalogAssociation": ("POST", f"{_GOVERNANCE}/accessPackageResourceRequests"),
    "AccessPackageResourcePackageAssociation": ("POST", f"{_PACKAGES}/1/accessPackageResourceRoleScopes"),
    "AdministrativeUnit": ("POST", "/administrativeUnits"),
    "AdministrativeUnitMember": ("POST", "/administrativeUnits/1/members/$ref"),
    "AdministrativeUnitRoleMember": ("POST", "/administrativeUnits/1/scopedRoleMembers"),
    "AuthenticationStrengthPolicy": ("POST", _STRENGTH),
    "AuthenticationStrengthPolicyFido2CombinationConfiguration": ("POST", f"{_STRENGTH}/1/combinationConfigurations"),
    "AuthenticationStrengthPolicyX509CombinationConfiguration": ("POST", f"{_STRENGTH}/1/combinationConfigurations"),
    "ConditionalAccessPolicy": ("POST", "/identity/conditionalAccess/policies"),
    "DirectoryRoleEligibilityScheduleRequest": ("POST", "/roleManagement/directory/roleEligibilityScheduleRequests"),
    "GroupLicense": ("POST", "/groups/1/assignLicense"),
    "GroupRoleManagementPolicy": ("GET", "/policies/roleManagementPolicyAssignments"),
    "Invitation": ("POST", "/invitations"),
    "NamedLocation": ("POST", "/identity/conditionalAccess/namedLocations"),
    "PrivilegedAccessGroupAssignmentSchedule": ("POST", f"{_PRIVILEGED}/assignmentScheduleRequests"),
    "PrivilegedAccessGroupEligibilitySchedule": ("POST", f"{_PRIVILEGED}/eligibilityScheduleRequests"),
    "SynchronizationJob": ("POST", "/servicePrincipals/1/synchronization/jobs"),
    "SynchronizationJobProvisionOnDemand": ("POST", "/servicePrincipals/1/synchronization/jobs/1/provisionOnDemand"),
    "SynchronizationSecret": ("PUT", "/servicePrincipals/1/synchronization/secrets"),
    "UserFlowAttribute": ("POST", "/identity/userFlowAttributes"),
    "UserLicense": ("POST", "/users/1/assignLicense"),
}
"""What these types cannot do without, and the emulator answers 501 to."""


def declared() -> set[str]:
    """Return the types that the program has a resource of."""
    text = (FOLDER / "__main__.py").read_text("utf-8")
    return set(re.findall(r"^ *(?:\w+ = |return )?azuread\.([A-Z]\w+)\(\n? *f?\"", text, re.MULTILINE))
