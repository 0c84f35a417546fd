"""`python -m ocpp_core.cli`."""

import sys

from ocpp_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
