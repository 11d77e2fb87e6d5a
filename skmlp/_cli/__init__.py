"""The command line: the only part of the package that prints.

==============  ====================================================================
module          responsible for
==============  ====================================================================
``__init__``    what ends in which exit code
``arguments``   the options, and the line said about a bad one
``interrupts``  Ctrl-C while networks train
``mnist``       the command ``skmlp mnist``, from its arguments to the report
``progress``    what is shown while networks train
``results``     the table and the verdicts, as they are printed
``streams``     standard output and standard error that cannot be written to
==============  ====================================================================

A command is imported when it runs, so that ``skmlp --help`` need not wait.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from skmlp._cli.arguments import UsageError, parse_arguments
from skmlp._cli.streams import StandardError, flush, open_closed_streams

__all__ = ["main"]

_BAD_ARGUMENTS, _INTERRUPTED = 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    open_closed_streams()
    try:
        arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
        command = import_module(f"skmlp._cli.{arguments.command}")
        return command.run(arguments)
    except UsageError as error:
        StandardError().write(f"{error}\n")
        return _BAD_ARGUMENTS
    except KeyboardInterrupt:
        StandardError().write("skmlp: Interrupted.\n")
        return _INTERRUPTED
    finally:
        flush()
