"""The applications of Atlas, by name. `make docs` writes this file from the catalogue."""

from __future__ import annotations

from lockstep.components import AppRegistration, SharedPrincipal


class ConneXApi(AppRegistration):
    """Atlas.ConneX API.

    What the edition 2025-03-01 documents for it:

    - Microsoft Graph · application: InformationProtectionPolicy.Read.All, Sites.Read.All
    - Microsoft Graph · delegated: Channel.Create, Channel.ReadBasic.All, Directory.Read.All, Files.Read.All,
      Group.ReadWrite.All, InformationProtectionPolicy.Read, Mail.Send, Sites.Read.All, User.Read, User.ReadBasic.All
    - Office 365 SharePoint Online · application: Sites.FullControl.All, Sites.ReadWrite.All
    - Office 365 SharePoint Online · delegated: AllSites.Read
    """

    vendor = "atlas"
    app = "connex-api"

    @property
    def workspaces_full_control_all(self) -> str:
        """The id of the scope Workspaces.FullControl.All, which this application exposes."""
        return self.scope_ids["Workspaces.FullControl.All"]


class ConneXProvisioning(AppRegistration):
    """Atlas.ConneX Provisioning.

    What the edition 2025-03-01 documents for it:

    - Microsoft Graph · application: Channel.ReadBasic.All, ChannelMember.ReadWrite.All, Directory.Read.All,
      Files.Read.All, Group.ReadWrite.All, InformationProtectionPolicy.Read.All, Sites.Read.All, Team.ReadBasic.All,
      TeamSettings.ReadWrite.All, TeamsActivity.Send, User.Read.All
    - Office 365 SharePoint Online · application: Sites.FullControl.All, TermStore.ReadWrite.All, User.ReadWrite.All
    """

    vendor = "atlas"
    app = "provisioning"


class ConneXWorkspacesSync(AppRegistration):
    """Atlas.ConneX Workspaces Sync.

    What the edition 2025-03-01 documents for it:

    - Microsoft Graph · application: Group.ReadWrite.All, Sites.Read.All, User.Read.All
    - Office 365 SharePoint Online · application: User.Read.All
    """

    vendor = "atlas"
    app = "workspaces-sync"


class SharePointOnlineWebClientExtensibility(SharedPrincipal):
    """SharePoint Online Web Client Extensibility.

    What the edition 2025-03-01 documents for it:

    - Atlas.ConneX API · delegated: Workspaces.FullControl.All
    - Microsoft Graph · delegated: Calendars.Read, Contacts.Read, Directory.Read.All, ExternalItem.Read.All,
      Files.Read.All, Group.Read.All, InformationProtectionPolicy.Read, Mail.Read, Mail.Send, People.Read,
      Sites.Manage.All, Sites.Read.All, TermStore.ReadWrite.All, User.Read, User.Read.All, User.ReadWrite
    """

    vendor = "atlas"
    app = "spfx"


class ConneXApiClient(AppRegistration):
    """Atlas.ConneX API Client.

    What the edition 2025-03-01 documents for it:

    - Atlas.ConneX API · delegated: Workspaces.FullControl.All
    - Microsoft Graph · delegated: User.Read
    """

    vendor = "atlas"
    app = "api-client"


class PnPApp(AppRegistration):
    """Atlas.PnP App.

    What the edition 2025-03-01 documents for it:

    - Microsoft Graph · delegated: Group.Read.All, User.Read.All
    - Office 365 SharePoint Online · delegated: AllSites.FullControl, TermStore.Read.All, User.Read.All
    """

    vendor = "atlas"
    app = "pnp"


COMPONENTS = (
    ConneXApi,
    ConneXProvisioning,
    ConneXWorkspacesSync,
    SharePointOnlineWebClientExtensibility,
    ConneXApiClient,
    PnPApp,
)
"""Every class of this file, for `lockstep.program.run`."""
