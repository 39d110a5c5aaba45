"""Pulumi components: one vendor app each, held at exactly the permissions that its vendor documents.

Each is made from what a stack wants of one app. Which apps a stack has, and who may deploy them where, is decided
above.
"""

from lockstep.components.app_registration import AppRegistration, AppRegistrationArgs
from lockstep.components.enterprise_app import EnterpriseApp, EnterpriseAppArgs
from lockstep.components.shared_principal import SharedPrincipal, SharedPrincipalArgs

__all__ = [
    "AppRegistration",
    "AppRegistrationArgs",
    "EnterpriseApp",
    "EnterpriseAppArgs",
    "SharedPrincipal",
    "SharedPrincipalArgs",
]
