"""Pages of the shapes that vendors publish, in words of our own, with what a reader has to make of each row."""

from __future__ import annotations

GRAPH, SHAREPOINT = "graph", "sharepoint"

MERGED_AND_TICKS = """<!DOCTYPE html><html><head><title>Permissions for backup</title></head><body><main>
<h1>Permissions for backup</h1>
<p>The following table lists the application permissions that the backup needs.</p>
<table>
<thead><tr><th>API</th><th>Permission</th><th>Mail</th><th>Sites</th><th>Teams</th><th>Why</th></tr></thead>
<tr><td rowspan="4">Microsoft Graph</td><td>Directory.Read.All</td><td>&#10003;</td><td>&#10003;</td><td></td>
<td>Who is who.</td></tr>
<tr><td>Group.Read.All</td><td></td><td>&#10003;</td><td>&#10003;</td><td>Groups.</td></tr>
<tr><td>TeamSettings.ReadWrite.All</td><td></td><td></td><td>&#10003;</td><td>Teams that rest.</td></tr>
<tr><td>Sites.Read.All</td><td></td><td>&#10003;</td><td></td><td>Sites.</td></tr>
<tr><td>Contoso Mail Gateway</td><td>full_access_as_app</td><td>&#10003;</td><td></td><td></td><td>Mailboxes.</td></tr>
<tr><td rowspan="2">SharePoint</td><td>Sites.FullControl.All</td><td></td><td>&#10003;</td><td></td><td>Sites.</td></tr>
<tr><td>User.Read.All</td><td></td><td>&#10003;</td><td></td><td>Whose site it is.</td></tr>
</table></main><footer>User.Read</footer></body></html>"""

SEVERAL_IN_A_CELL = """# App in the tenant of the partner

| API | Permissions | Notes |
|---|---|---|
| Microsoft Graph | Openid, profile, User.Read (delegated) | sign-in |
| Microsoft Graph | Application.ReadWrite.All (application) | |
| Microsoft Graph | AppRoleAssignment.ReadWrite.All (delegated), Directory.ReadWrite.All (delegated) | |
"""

ONE_CELL_A_LINE = """End-user app
The app asks for these delegated permissions of Microsoft Graph.
Permission

Description
Why it is needed
Channel.ReadBasic.All
Read the names of channels
Lists what can be tidied up.
GroupMember.ReadWrite.All
Read and write memberships
Owners. *
profile
View a basic profile
Signs in.
Files.ReadWrite.All
Have full access to files
Moves files.
* Both permissions on groups have to be granted together.
"""

TITLES = """<html><body><h1>Registration of the provisioning app</h1>
<h2>Microsoft Graph</h2>
<table><tr><th>Permission</th><th>Type</th></tr>
<tr><td>Access directory as the signed&#8209;in user</td><td>Delegated</td></tr>
<tr><td>Read and write directory data</td><td>Application</td></tr>
<tr><td>Read and write all users&rsquo; full profiles</td><td>Application</td></tr>
<tr><td>openid</td><td>Application</td></tr>
<tr><td>Notes.ReadWrite.All</td><td>Delegated</td></tr>
<tr><td>Bake bread for the signed-in user</td><td>Delegated</td></tr>
</table>
<h2>SharePoint</h2>
<table><tr><th>Permission</th><th>Type</th></tr>
<tr><td>Read user profiles</td><td>Delegated</td></tr>
<tr><td>Read user profiles</td><td>Application</td></tr>
<tr><td>Read and write user files</td><td>Delegated</td></tr>
</table></body></html>"""

LIST = """<html><body><h2>Synchronisation</h2>
<p>Grant these Microsoft Graph application permissions:</p>
<ul><li><b>Application.Read.All</b>: reads applications.</li>
<li><code>User.Read.All</code> - reads people at risk</li>
<li>Group.Read.All</li></ul>
<p>Never give it Mail.Send.</p></body></html>"""

PARAGRAPHS = """Permissions of the web part
Approve the requests of Microsoft Graph, all of them delegated, on the page API access.
ChannelSettings.Read.All - shows the settings of channels.
Directory.ReadWrite.All (only for the feature Clean-up) - takes people away.
Mail.Send - since version 4.1 it sends its reports.
InformationProtectionPolicy.Read
Mail.Snd - a slip of the pen.
"""

CERTIFICATION = """# Contoso Notes

## Data access using Microsoft Graph

| **Permission** | **Type (Delegated/ Application)** | **Justification** | **Microsoft Entra App ID** |
|:--|:--|:--|:--|
| Mail.Read | Delegated | Reads mail. | 88888888-8888-4888-8888-888888888888 |
| User.Read.All | Both | Finds people. | 88888888-8888-4888-8888-888888888888 |
| Sites.Selected | application | Notes. | 88888888-8888-4888-8888-888888888888 |
"""

TICKS_FOR_TYPES = """<html><body><h1>What Contoso asks of Microsoft Graph</h1><table>
<tr><th>Permission</th><th>Delegated</th><th>Application</th></tr>
<tr><td>User.Read</td><td>x</td><td></td></tr>
<tr><td>User.Read.All</td><td>yes</td><td>yes</td></tr>
<tr><td>Mail.Read</td><td>-</td><td>Yes</td></tr></table></body></html>"""

WITHOUT_API = """<html><body><h1>What Contoso needs</h1><ul>
<li>User.Read.All (application)</li><li>Mail.Read (application)</li></ul></body></html>"""

TWICE = """<html><body><h1>Contoso and Microsoft Graph</h1><h2>Delegated permissions</h2><table>
<tr><th>Permission</th><th>Purpose</th></tr>
<tr><td>Mail.Read</td><td>Reads mail.</td></tr><tr><td>Mail.Read</td><td>Reads mail.</td></tr>
<tr><td>User.Read</td><td>Required.</td></tr><tr><td>User.Read</td><td>Not required.</td></tr></table></body></html>"""

ADDRESSES_AND_IDS = """<html><body><h1>Contoso</h1><ul><li>https://graph.microsoft.com/User.Read (delegated)</li></ul>
<p>Application permissions</p><table><tr><th>Name</th><th>ID</th></tr>
<tr><td>Mail.Read</td><td>810c84a8-4a9e-49e6-bf7d-12d183f40d01</td></tr>
<tr><td>User.Read.All</td><td>a154be20-db9c-4678-8ab7-66f6cc099a59</td></tr>
<tr><td>Mail.Send</td><td>88888888-8888-4888-8888-888888888888</td></tr></table>
<h2>History</h2><table><tr><th>Version</th><th>Change</th></tr>
<tr><td>4.1</td><td>Group.Read.All came.</td></tr></table>
</body></html>"""

NESTED = """<html><body><h2>Required</h2><ul><li>Microsoft Graph
<ul><li>Delegated permissions<ul><li>User.Read</li></ul></li>
<li>Application permissions<ul><li>User.Read.All</li></ul></li></ul></li>
<li>SharePoint<ul><li>Application permissions<ul><li>Sites.Selected</li></ul></li></ul></li></ul></body></html>"""

COPIED_FROM_THE_PORTAL = """API / Permissions name\tType\tDescription\tAdmin consent required\tStatus
Microsoft Graph (2)
Mail.Read\tApplication\tRead mail in all mailboxes\tYes\tGranted
User.Read\tDelegated\tSign in and read user profile\tNo\t
SharePoint (1)
Sites.FullControl.All\tApplication\tHave full control of all site collections\tYes\t
"""

ROWS_THAT_A_CONVERTER_CUT = """# Permissions of Microsoft Graph

## User permissions
| Permission | Scope | What it does |
|---|---|---|
| Sign in | User.Read |
Signs in. |
| Mail | Mail.Send |
Sends. |

Text behind.
"""

TAKEN, ASKED, REFUSED = "taken", "asked", "refused"

Expected = list[tuple[str, str, str]]
"""Of each row: the outcome, what is printed, and `api type name` of what was taken or words of why not."""

PAGES: dict[str, tuple[str, Expected]] = {
    "merged cells and ticks": (
        MERGED_AND_TICKS,
        [
            (TAKEN, "Directory.Read.All", "graph application Directory.Read.All"),
            (TAKEN, "Group.Read.All", "graph application Group.Read.All"),
            (TAKEN, "TeamSettings.ReadWrite.All", "graph application TeamSettings.ReadWrite.All"),
            (TAKEN, "Sites.Read.All", "graph application Sites.Read.All"),
            (REFUSED, "full_access_as_app", "'Contoso Mail Gateway' is no API whose permissions are listed"),
            (TAKEN, "Sites.FullControl.All", "sharepoint application Sites.FullControl.All"),
            (TAKEN, "User.Read.All", "sharepoint application User.Read.All"),
        ],
    ),
    "several names in a cell": (
        SEVERAL_IN_A_CELL,
        [
            (TAKEN, "Openid", "graph delegated openid"),
            (TAKEN, "profile", "graph delegated profile"),
            (TAKEN, "User.Read", "graph delegated User.Read"),
            (TAKEN, "Application.ReadWrite.All", "graph application Application.ReadWrite.All"),
            (TAKEN, "AppRoleAssignment.ReadWrite.All", "graph delegated AppRoleAssignment.ReadWrite.All"),
            (TAKEN, "Directory.ReadWrite.All", "graph delegated Directory.ReadWrite.All"),
        ],
    ),
    "one cell a line": (
        ONE_CELL_A_LINE,
        [
            (TAKEN, "Channel.ReadBasic.All", "graph delegated Channel.ReadBasic.All"),
            (TAKEN, "GroupMember.ReadWrite.All", "graph delegated GroupMember.ReadWrite.All"),
            (TAKEN, "profile", "graph delegated profile"),
            (TAKEN, "Files.ReadWrite.All", "graph delegated Files.ReadWrite.All"),
        ],
    ),
    "titles instead of names": (
        TITLES,
        [
            (TAKEN, "Access directory as the signed\u2011in user", "graph delegated Directory.AccessAsUser.All"),
            (TAKEN, "Read and write directory data", "graph application Directory.ReadWrite.All"),
            (TAKEN, "Read and write all users\u2019 full profiles", "graph application User.ReadWrite.All"),
            (REFUSED, "openid", "Microsoft Graph has openid as delegated only, not as application"),
            (TAKEN, "Notes.ReadWrite.All", "graph delegated Notes.ReadWrite.All"),
            (REFUSED, "Bake bread for the signed-in user", "no permission of Microsoft Graph has the name or"),
            (TAKEN, "Read user profiles", "sharepoint delegated User.Read.All"),
            (TAKEN, "Read user profiles", "sharepoint application User.Read.All"),
            (TAKEN, "Read and write user files", "sharepoint delegated MyFiles.Write"),
        ],
    ),
    "a list below a sentence": (
        LIST,
        [
            (TAKEN, "Application.Read.All", "graph application Application.Read.All"),
            (TAKEN, "User.Read.All", "graph application User.Read.All"),
            (TAKEN, "Group.Read.All", "graph application Group.Read.All"),
            (ASKED, "Mail.Send", "names Mail.Send in a sentence, and no row does"),
        ],
    ),
    "a paragraph a permission": (
        PARAGRAPHS,
        [
            (TAKEN, "ChannelSettings.Read.All", "graph delegated ChannelSettings.Read.All"),
            (TAKEN, "Directory.ReadWrite.All", "graph delegated Directory.ReadWrite.All"),
            (TAKEN, "Mail.Send", "graph delegated Mail.Send"),
            (TAKEN, "InformationProtectionPolicy.Read", "graph delegated InformationProtectionPolicy.Read"),
            (REFUSED, "Mail.Snd", "did you mean 'Mail.Send'?"),
        ],
    ),
    "an app certification": (
        CERTIFICATION,
        [
            (TAKEN, "Mail.Read", "graph delegated Mail.Read"),
            (TAKEN, "User.Read.All", "graph delegated User.Read.All"),
            (TAKEN, "User.Read.All", "graph application User.Read.All"),
            (TAKEN, "Sites.Selected", "graph application Sites.Selected"),
        ],
    ),
    "ticks for types": (
        TICKS_FOR_TYPES,
        [
            (TAKEN, "User.Read", "graph delegated User.Read"),
            (TAKEN, "User.Read.All", "graph delegated User.Read.All"),
            (TAKEN, "User.Read.All", "graph application User.Read.All"),
            (TAKEN, "Mail.Read", "graph application Mail.Read"),
        ],
    ),
    "no API anywhere": (
        WITHOUT_API,
        [
            (ASKED, "User.Read.All", "the page names no API for it: is it Microsoft Graph or"),
            (ASKED, "Mail.Read", "the page names no API for it: is it Microsoft Graph"),
        ],
    ),
    "addresses, ids and a history": (
        ADDRESSES_AND_IDS,
        [
            (TAKEN, "User.Read", "graph delegated User.Read"),
            (TAKEN, "Mail.Read", "graph application Mail.Read"),
            (ASKED, "User.Read.All", "the id in the row is that of Microsoft Graph delegated User.Read.All"),
            (TAKEN, "Mail.Send", "graph application Mail.Send"),
            (ASKED, "Group.Read.All", "names Group.Read.All in a sentence, and no row does"),
        ],
    ),
    "a list of lists": (
        NESTED,
        [
            (TAKEN, "User.Read", "graph delegated User.Read"),
            (TAKEN, "User.Read.All", "graph application User.Read.All"),
            (TAKEN, "Sites.Selected", "sharepoint application Sites.Selected"),
        ],
    ),
    "copied from the portal": (
        COPIED_FROM_THE_PORTAL,
        [
            (TAKEN, "Mail.Read", "graph application Mail.Read"),
            (TAKEN, "User.Read", "graph delegated User.Read"),
            (TAKEN, "Sites.FullControl.All", "sharepoint application Sites.FullControl.All"),
        ],
    ),
    "rows that a converter cut": (
        ROWS_THAT_A_CONVERTER_CUT,
        [
            (TAKEN, "User.Read", "graph delegated User.Read"),
            (ASKED, "Mail.Send", "the page says no type: delegated or application?"),
        ],
    ),
    "rows that stand twice": (
        TWICE,
        [
            (TAKEN, "Mail.Read", "graph delegated Mail.Read"),
            (TAKEN, "User.Read", "graph delegated User.Read"),
            (ASKED, "User.Read", "stands twice in this section, in other words each time"),
        ],
    ),
}
