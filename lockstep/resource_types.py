"""The names of the resource types that a stack is made of, as Pulumi writes them. Names only; imports nothing."""

from __future__ import annotations

AZUREAD, ENTRACONSENT, COMPONENTS = "azuread:index/", "entraconsent:index:", "lockstep:entra:"
"""What the types of each package begin with."""

APPLICATION = f"{AZUREAD}application:Application"
SERVICE_PRINCIPAL = f"{AZUREAD}servicePrincipal:ServicePrincipal"
CERTIFICATE = f"{AZUREAD}applicationCertificate:ApplicationCertificate"
FEDERATED = f"{AZUREAD}applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
FLEXIBLE = f"{AZUREAD}applicationFlexibleFederatedIdentityCredential:ApplicationFlexibleFederatedIdentityCredential"
GET_CLIENT_CONFIG = f"{AZUREAD}getClientConfig:getClientConfig"

PRINCIPAL = f"{ENTRACONSENT}Principal"
ADMIN_CONSENT = f"{ENTRACONSENT}AdminConsent"
DIRECTORY_ROLES = f"{ENTRACONSENT}DirectoryRoles"
GET_CALLER = f"{ENTRACONSENT}getCaller"
GET_NOT_OFFERED = f"{ENTRACONSENT}getNotOffered"

APP_REGISTRATION = f"{COMPONENTS}AppRegistration"
ENTERPRISE_APP = f"{COMPONENTS}EnterpriseApp"
SHARED_PRINCIPAL = f"{COMPONENTS}SharedPrincipal"
