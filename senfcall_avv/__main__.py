"""``python -m senfcall_avv`` is the command ``avv``."""

from senfcall_avv.cli import main

main()
