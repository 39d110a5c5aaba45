"""What a pull request is judged by: who gets what, before and after it, and who agreed to the difference.

Values and files only: runs no program and opens no emulator. `cli/gate_run.py` puts the parts together.
"""
