"""The `ocpp-core` command: reads, judges and explains OCPP traffic in files and streams.

This module needs none of the extras, so that `main` can say what to install if the extra is missing.
"""

import sys
from collections.abc import Sequence

from ocpp_core.model.extras import install

__all__ = ["main"]

#: What the extra `cli` brings.
_EXTRA = ("click", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: In place of those of the process.

    Returns:
        The exit code: 0 all is accepted, 1 something is refused or differs, 2 it could not be judged (wrong usage,
        unreadable input, no frame in it) or written, 130 interrupted, 141 nobody reads the output any more, 143 ended
        by SIGTERM. What goes on until it is told to end, such as a server, ends by SIGTERM with 0.
    """
    try:
        from ocpp_core.cli.commands import run
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in _EXTRA:
            raise
        print(f"ocpp-core needs {error.name}, which is not installed:\n  {install('cli')}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return run(arguments)
