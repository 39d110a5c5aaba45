"""One stack of one project: its files, its emulator, the engine that runs it, and what the commands on it do.

Where things are:

- `workplace`: the project and the stack that a command means, read and checked; `state`: the files that a local stack
  keeps, and the environment that points tools at its emulator
- `door`: the way to the emulator; `emulator`: what the commands of `lockstep emulator` do
- `engine`: one run of one engine, chosen and started; `pulumi_cli` and `rehearsing`: the two engines; `runs`: what a
  run did, in the same words for both; `backend`: the state, carried from the engine that ran last to the next
- `deploy`, `repair`: up, preview, refresh, destroy and repair, from the words to the exit code; `report`: what they
  say; `preflight`, `verify`: what they look at in the tenant before and after; `orphans`: what a killed run
  left there
- `sheet`, `dossier`, `doctor`: what show, report and doctor do; `tenants`: where a command that reads tenants reads

Knows no command line: `lockstep.cli` calls it with values.
"""
