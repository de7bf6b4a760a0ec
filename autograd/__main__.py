"""``python -m autograd`` is the command ``gatewise``."""

import sys

from .showing.commandline import main

if __name__ == "__main__":
    sys.exit(main())
