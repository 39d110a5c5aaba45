"""The bars that the design is held to, and what the same estate costs with the azuread provider alone.

Constants only.
"""

from __future__ import annotations

# The azuread provider alone (6.11, under the Pulumi CLI 3.260, 67 resources): recorded once, on two cores, against
# a stand-in for Entra. Requests are those to Graph and to the sign-in.
AZUREAD_CREATE = 256
AZUREAD_REQUESTS = {"create": AZUREAD_CREATE, "preview": 6, "refresh": 89, "destroy": 134}
"""By phase. `refresh` was `pulumi up --refresh` with nothing to change."""
AZUREAD_SECONDS = {
    0: {"create": 18.0, "preview": 6.0, "refresh": 9.0, "destroy": 86.0},
    100: {"create": 22.0, "preview": 7.0, "refresh": 10.0, "destroy": 88.0},
}
"""By milliseconds of latency a request, then by phase."""

CONSENT_REQUESTS = 25
"""For all consents of the estate, in one create."""
CREATE_REQUESTS = AZUREAD_CREATE // 2
"""In one create, everything counted."""
PREVIEW_WRITES = 0
"""In a preview without a change."""
AUDIT_REQUESTS = 6
"""For the audit of a tenant with both vendors' apps, however large the tenant; look-alikes of theirs may add one."""
AUDIT_SECONDS = 5.0
"""Of a tenant with 10,000 principals and 100,000 grants, without latency."""
REPORT_SECONDS = 5.0
"""The report of 300 applications as one HTML file."""
BATCH = 20
"""Requests that Graph takes in one `$batch`."""

IMPORT_SECONDS = 0.3
"""Our imports, over those of the bare SDK."""
PLUGIN_SECONDS = 1.5
"""From starting the plugin to its port."""
POLICY_MS = 1.0
"""For each of 10,000 resources, its share of the stack rules included."""
REHEARSAL_SECONDS = 3.0
"""The whole estate, created by rehearsal without latency."""
GATE_SECONDS = 10.0
"""`lockstep gate` of the stack dev by rehearsal, from its start to its end, on two cores."""
