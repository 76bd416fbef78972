"""`python -m egop`: the same as the command `egop`."""

import sys

from egop.cli import main

if __name__ == "__main__":
    sys.exit(main())
