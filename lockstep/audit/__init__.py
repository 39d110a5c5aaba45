"""Where a tenant stands against what vendors document: read, judged, written down as evidence. Nothing is ever written.

Reading (`reading`) and judging (`judge`) are apart: the one knows Graph, the other is pure. Knows no command line.
"""
