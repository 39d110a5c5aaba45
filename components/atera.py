"""The applications of Atera, by name. `make docs` writes this file from the catalogue."""

from __future__ import annotations

from lockstep.components import EnterpriseApp


class Atera(EnterpriseApp):
    """Atera.

    What the edition 2026-11-22 documents for it:

    - Microsoft Graph · application: Application.ReadWrite.OwnedBy, Calendars.ReadWrite, CloudPC.ReadWrite.All,
      Contacts.ReadWrite, DeviceManagementManagedDevices.ReadWrite.All, Directory.Read.All, Group.ReadWrite.All,
      Mail.ReadWrite, Mail.Send, MailboxSettings.ReadWrite, Organization.Read.All, Place.Read.All, Reports.Read.All,
      Sites.FullControl.All, UserAuthenticationMethod.ReadWrite.All
    - Microsoft Graph · delegated: Calendars.Read, Calendars.ReadWrite, CloudPC.ReadWrite.All, Contacts.ReadWrite,
      DeviceManagementManagedDevices.ReadWrite.All, Directory.AccessAsUser.All, Directory.Read.All,
      Directory.ReadWrite.All, Files.ReadWrite.All, Group.ReadWrite.All, Mail.ReadWrite, Mail.Send,
      MailboxSettings.ReadWrite, Organization.Read.All, Place.Read.All, ReportSettings.ReadWrite.All, Reports.Read.All,
      Sites.FullControl.All, Sites.ReadWrite.All, User.Read, User.Read.All, User.ReadBasic.All, User.ReadWrite,
      User.ReadWrite.All, UserAuthenticationMethod.ReadWrite.All, offline_access
    """

    vendor = "atera"
    app = "atera"


COMPONENTS = (Atera,)
"""Every class of this file, for `lockstep.program.run`."""
