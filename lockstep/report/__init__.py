"""Findings and the forms they are written in. Knows nothing of Pulumi, Graph or the command line.

The writers of files are imported by name where they are used: SARIF and JUnit bring libraries with them.
"""

from __future__ import annotations

from lockstep.report.findings import Finding, Findings, Location, Rule, Severity

__all__ = ["Finding", "Findings", "Location", "Rule", "Severity"]
