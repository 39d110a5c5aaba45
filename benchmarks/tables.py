"""Prints figures with their bars beside them. Measures nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import IO

from rich.console import Console
from rich.table import Table

from benchmarks import bars
from benchmarks.audit import Cost
from benchmarks.dossier import ReportCost
from benchmarks.phases import Measurement
from benchmarks.policy import PolicyCost
from benchmarks.ratios import Life, ratios
from benchmarks.scale import ScaleCost
from benchmarks.startup import Imports

_NOTE = """\
requests: all that the engine and its providers send, sign-in and metadata included; a $batch is one, what is inside it
beside it. consents: those of entraconsent, look-ups included. writes: changes asked of Graph, those inside batches too.
`lockstep up` also previews, looks for clashes and reads back, which is not counted here.

"""


def print_life(phases: Sequence[Measurement], out: IO[str]) -> None:
    """Print one row a phase: requests, writes and seconds."""
    table = _table("engine", "phase", "ms", "requests", "consents", "$batch (inside)", "writes", "seconds", "bar")
    for phase in phases:
        traffic = phase.traffic
        table.add_row(
            phase.engine,
            phase.phase,
            str(phase.latency_ms),
            str(traffic.requests),
            str(traffic.consents),
            f"{traffic.batches} ({traffic.inner})",
            str(traffic.writes),
            f"{phase.seconds:.1f}",
            life_bar(phase),
        )
    _print(table, out)
    out.write(_NOTE)


def print_ratios(lives: Sequence[Life], out: IO[str]) -> None:
    """Print our phases under the Pulumi CLI beside those of azuread alone: medians (least to most), and their ratio."""
    table = _table(
        *("phase", "program", "seconds", "processor, s", "requests", "inside $batch", "ratio", "of processor", "bar")
    )
    for row in ratios(lives):
        bar = ""
        if row.ratio is not None:
            limit = bars.RATIOS[row.phase][lives.index(row.life) - 1]
            bar = _judged(f"{limit:.2f}", row.ratio <= limit)
        table.add_row(
            row.phase,
            row.life.name,
            _spread(row.seconds),
            _spread(row.processor),
            str(row.traffic.requests),
            str(row.traffic.inner),
            "" if row.ratio is None else f"{row.ratio:.2f}",
            "" if row.processor_ratio is None else f"{row.processor_ratio:.2f}",
            bar,
        )
    _print(table, out)
    for life in lives:
        late = max(max(each.deletions, default=0.0) for each in life.rounds["destroy"])
        out.write(f"{life.name}: the last deletion of an application started {late:.1f} s after the first\n")
    out.write("The SharePoint principals, which azuread cannot hold, are in ours alone.\n\n")


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def print_scale(costs: Sequence[ScaleCost], out: IO[str]) -> None:
    """Print what many apps of private vendors cost, and what each further one costs."""
    table = _table(
        "apps", "catalogue, s", "emulator, s", "audit, s", "requests", "report, s", "audit, ms an app", "report, ms"
    )
    for cost in costs:
        table.add_row(
            f"{cost.apps:,}",
            f"{cost.catalogue:.2f}",
            f"{cost.emulator:.2f}",
            f"{cost.audit:.2f}",
            f"{cost.requests:,}",
            f"{cost.report:.2f}",
            f"{cost.audit / cost.apps * 1000:.1f}",
            f"{cost.report / cost.apps * 1000:.1f}",
        )
    _print(table, out)


def life_bar(phase: Measurement) -> str:
    """Return the bar of one phase in words, and whether this measurement is within it."""
    traffic = phase.traffic
    if phase.phase == "create":
        within = traffic.requests <= bars.CREATE_REQUESTS and traffic.consents <= bars.CONSENT_REQUESTS
        words = f"<= {bars.CREATE_REQUESTS}, consents <= {bars.CONSENT_REQUESTS}"
        if phase.engine == "rehearsal" and phase.latency_ms == 0:
            within = within and phase.seconds <= bars.REHEARSAL_SECONDS
            words += f", {bars.REHEARSAL_SECONDS:g} s"
        return _judged(words, within)
    if phase.phase == "preview":
        return _judged(f"{bars.PREVIEW_WRITES} writes", traffic.writes <= bars.PREVIEW_WRITES)
    return ""


def print_start(imports: Imports, plugin: float, out: IO[str]) -> None:
    """Print what it takes to start."""
    table = _table("start", "seconds", "beside it", "ratio", "bar")
    table.add_row(
        "our imports, over the bare SDK's",
        f"{imports.difference:+.2f}",
        f"{imports.ours:.2f} against {imports.bare:.2f} (python alone {imports.empty:.2f})",
        f"{imports.ratio:.2f}",
        _judged(f"{bars.IMPORT_SECONDS:g} s", imports.difference <= bars.IMPORT_SECONDS),
    )
    table.add_row(
        "plugin, until it names its port",
        f"{plugin:.2f}",
        f"python alone {imports.empty:.2f}",
        f"{plugin / imports.empty:.1f}",
        _judged(f"{bars.PLUGIN_SECONDS:g} s", plugin <= bars.PLUGIN_SECONDS),
    )
    _print(table, out)


def print_audits(audits: Sequence[Cost], out: IO[str]) -> None:
    """Print what an audit costs in tenants of different sizes."""
    table = _table("audit of", "principals", "grants", "requests", "inside", "seconds", "findings", "bar")
    for cost in audits:
        crowd = cost.crowd
        bar = f"{bars.AUDIT_REQUESTS} requests, {bars.AUDIT_SECONDS:.0f} s"
        table.add_row(
            "brownfield and others",
            f"{crowd.principals:,}",
            f"{crowd.grants:,}",
            str(cost.requests),
            str(cost.inner),
            f"{cost.seconds:.2f}",
            str(cost.findings),
            bar,
        )
    _print(table, out)


def print_policy(cost: PolicyCost, out: IO[str]) -> None:
    """Print what the policy pack costs, beside a pack of one empty rule."""
    table = _table("policy pack", "measured", "one empty rule", "ratio", "bar")
    table.add_row(
        "start, until it names its port, s",
        f"{cost.start:.2f}",
        f"{cost.bare_start:.2f}",
        f"{cost.start / cost.bare_start:.1f}",
        "",
    )
    table.add_row(
        f"one of {cost.resources:,} resources, ms of processor time",
        f"{cost.resource_ms:.2f}",
        f"{cost.bare_resource_ms:.2f}",
        f"{cost.resource_ms / cost.bare_resource_ms:.1f}",
        "",
    )
    within = _judged(f"{bars.POLICY_MS:g} ms", cost.each_ms <= bars.POLICY_MS)
    table.add_row("with its share of the stack rules, ms", f"{cost.each_ms:.2f}", "", "", within)
    _print(table, out)


def print_gate(gates: Mapping[str, tuple[float, float]], out: IO[str]) -> None:
    """Print what the gate of a pull request costs."""
    table = _table("gate of the stack dev", "seconds", "of processor time", "bar")
    for name, (seconds, used) in gates.items():
        table.add_row(
            name, f"{seconds:.1f}", f"{used:.1f}", _judged(f"{bars.GATE_SECONDS:g} s", seconds <= bars.GATE_SECONDS)
        )
    _print(table, out)


def print_reports(reports: Sequence[ReportCost], out: IO[str]) -> None:
    """Print what a report of the shipped editions and a large one cost."""
    table = _table("report", "permissions", "HTML, s", "Markdown, s", "HTML, MB", "bar")
    for cost in reports:
        within = _judged(f"{bars.REPORT_SECONDS:g} s", cost.html <= bars.REPORT_SECONDS)
        figures = (f"{cost.html:.2f}", f"{cost.markdown:.2f}", f"{cost.megabytes:.1f}")
        table.add_row(f"{cost.apps} applications", str(cost.permissions), *figures, within)
    _print(table, out)


def print_overhead(phases: Sequence[Measurement], empty: dict[str, float], out: IO[str]) -> None:
    """Print a no-change preview of the estate beside a preview of an empty program."""
    table = _table("engine", "empty program, s", "no-change preview, s", "difference", "ratio")
    for engine, seconds in empty.items():
        ours = next(e.seconds for e in phases if (e.engine, e.phase, e.latency_ms) == (engine, "preview", 0))
        table.add_row(engine, f"{seconds:.2f}", f"{ours:.2f}", f"{ours - seconds:+.2f}", f"{ours / seconds:.1f}")
    _print(table, out)


def _judged(words: str, within: bool) -> str:
    return f"{words}: {'yes' if within else 'NO'}"


def _table(*head: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(head):
        table.add_column(name, no_wrap=True, justify="left" if index == 0 else "right")
    return table


def _print(table: Table, out: IO[str]) -> None:
    Console(file=out, width=None if out.isatty() else 150, highlight=False).print(table)
    out.write("\n")
