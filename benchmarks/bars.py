"""The bars that the design is held to, and the requests of the same estate with the azuread provider alone.

Constants only.
"""

from __future__ import annotations

# The azuread provider alone (6.11, under the Pulumi CLI 3.260, 67 resources), recorded once against a stand-in for
# Entra: what `make bench` measures beside ours needs the CLI, and these are held without it.
AZUREAD_REQUESTS = {"create": 256, "preview": 6, "destroy": 134}
"""Requests to Graph and to the sign-in, by phase."""

CONSENT_REQUESTS = 25
"""For all consents of the estate, in one create."""
CREATE_REQUESTS = AZUREAD_REQUESTS["create"] // 2
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

RATIOS = {
    "create": (0.65, 0.72),
    "no-change preview": (1.10, 1.25),
    "up --refresh, nothing to do": (0.9, 1.0),
    "destroy": (0.65, 0.65),
}
"""Our seconds over those of azuread alone, phase by phase: without the policy pack, and with it."""
