"""``python -m arenite``: the command line."""

from .cli import main

main()
