"""`python -m benchmarks`: measures everything in one run and prints it beside the bars."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks import audit, dossier, estate, gate, load, policy, ratios, real, scale, startup, tables
from benchmarks.phases import BenchmarkError, Measurement

LATENCIES_MS = (0, 100)


def main() -> int:
    """Measure, print, and return 1 only when something did not run at all: figures are looked at, not asserted."""
    options = _options()
    try:
        with tempfile.TemporaryDirectory(prefix="lockstep-bench-") as name:
            return _run(options, Path(name))
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--using", choices=("auto", "rehearsal", "pulumi"), default="auto")
    parser.add_argument("--rounds", type=int, default=5, help="lives of each program under the Pulumi CLI")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def _run(options: argparse.Namespace, folder: Path) -> int:
    lacking = real.missing()
    if options.using == "pulumi" and lacking:
        raise BenchmarkError(f"--using pulumi: {lacking}")
    with_rehearsal = options.using != "pulumi"
    with_pulumi = options.using != "rehearsal" and not lacking
    _say("start-up")
    imports, plugin = startup.imports(), startup.plugin()
    _say("load on the emulator")
    loads = load.measure(folder)
    _say("the audit of a small and of a large tenant")
    audits = [audit.measure(crowd) for crowd in (audit.SMALL, audit.LARGE)]
    _say("the policy pack")
    cost = policy.measure(folder)
    _say("the gate of a pull request")
    gates = gate.measure(folder)
    _say("the report")
    reports = [dossier.measure(), dossier.measure(dossier.APPS)]
    _say("many apps of private vendors")
    costs = [scale.measure(apps, folder) for apps in scale.APPS]
    phases: list[Measurement] = []
    empty: dict[str, float] = {}
    lives: list[ratios.Life] = []
    if with_rehearsal:
        _say("the estate by rehearsal")
        empty[estate.NAME] = estate.empty_program(folder / "empty-rehearsal")
        for latency in LATENCIES_MS:
            phases += estate.measure(latency, folder)
    if with_pulumi:
        _say(f"azuread alone and Lockstep under the Pulumi CLI, {options.rounds} rounds of some minutes each")
        lives = ratios.measure(options.rounds, LATENCIES_MS[-1], folder)
    elif options.using == "auto":
        _say(f"without the Pulumi CLI: {lacking}")
    if options.json:
        figures = {
            "imports": asdict(imports),
            "plugin": plugin,
            "empty": empty,
            "life": [phase.document() for phase in phases],
        }
        figures["load"] = loads
        figures["audit"] = [asdict(cost) for cost in audits]
        figures["policy"] = asdict(cost)
        figures["gate"] = dict(gates)
        figures["scale"] = [asdict(each) for each in costs]
        figures["beside azuread alone"] = [
            {**asdict(row), "life": row.life.name, "traffic": asdict(row.traffic)} for row in ratios.ratios(lives)
        ]
        figures["report"] = [asdict(pages) for pages in reports]
        json.dump(figures, sys.stdout, indent=2)
        print()
        return 0
    if lives:
        tables.print_ratios(lives, sys.stdout)
    tables.print_life(phases, sys.stdout)
    tables.print_overhead(phases, empty, sys.stdout)
    tables.print_start(imports, plugin, sys.stdout)
    tables.print_audits(audits, sys.stdout)
    print("\n" + "\n".join(loads))
    tables.print_policy(cost, sys.stdout)
    tables.print_gate(gates, sys.stdout)
    tables.print_reports(reports, sys.stdout)
    tables.print_scale(costs, sys.stdout)
    return 0


def _say(text: str) -> None:
    print(f"measuring: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
