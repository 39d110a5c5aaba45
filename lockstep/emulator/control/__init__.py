"""The control door: log, reset, snapshot, faults."""
