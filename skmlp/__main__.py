"""Run the command line: ``skmlp``, or ``python -m skmlp``."""

import sys

from skmlp._cli import main

if __name__ == "__main__":
    sys.exit(main())
