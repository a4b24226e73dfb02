"""``python -m hotspot`` is ``hotspot``."""

from hotspot.cli.main import main

main()
