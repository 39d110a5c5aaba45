import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[2]))
from lockstep.provider.plugin import main

main()
