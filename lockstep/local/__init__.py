"""The local target: the emulator, the state and the backend of a stack on this machine, and a run of either engine."""
