"""The arguments of the command line, and the one line said about a bad one.

An option that sets a parameter of the estimator has no default here: what is not given
is left to the estimator.
"""

from __future__ import annotations

import argparse
import math
import shlex
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import skmlp
from skmlp._cli.streams import readable


class UsageError(Exception):
    """A bad argument, in one line: the rule, what came, what to do."""


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return a question for the nearest of the words, or nothing if none is near."""
    nearest = get_close_matches(word, words, n=1)
    return f" Did you mean {nearest[0]}?" if nearest else ""


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments by name, and the command line as it was ``typed``."""
    arguments, unknown = _make_parser().parse_known_args(argv)
    if arguments.command is None:
        raise UsageError("skmlp: it takes a command. Got none. Try: skmlp mnist")
    if unknown:
        options = [option for group in _MNIST_OPTIONS.values() for option in group]
        raise UsageError(
            f"skmlp {arguments.command}: it takes only the options that --help lists. "
            f"Got {unknown[0]}.{did_you_mean(unknown[0], options)}"
        )
    arguments.typed = shlex.join(["skmlp", *map(readable, argv)])
    return arguments


class _Parser(argparse.ArgumentParser):
    """A parser that raises its errors, each in one line."""

    def error(self, message: str) -> NoReturn:
        message = message.removeprefix("argument ")
        if message.endswith("."):  # a whole sentence: ours
            message = message.replace(": ", " ", 1)
        else:
            message += f". See: {self.prog} --help"
        raise UsageError(f"{self.prog}: {message}")


def _make_parser() -> _Parser:
    parser = _Parser(
        prog="skmlp",
        description="Dense neural networks for scikit-learn, trained by Keras.",
        epilog="Try: skmlp mnist. Its options: skmlp mnist --help",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"skmlp {skmlp.__version__}"
    )
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND"
    )
    mnist = commands.add_parser(
        "mnist",
        help="train networks on MNIST and compare them",
        description=_MNIST_DESCRIPTION,
        epilog=_MNIST_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for title, options in _MNIST_OPTIONS.items():
        group = mnist.add_argument_group(title)
        for option, keywords in options.items():
            group.add_argument(option, **{"default": argparse.SUPPRESS, **keywords})
    return parser


def _whole_number(least: int, example: int, most: int | None = None) -> Callable:
    rule = f"takes a whole number of at least {least}"
    if most is not None:
        rule = f"takes a whole number from {least} to {most}"

    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= (most or math.inf):
            raise argparse.ArgumentTypeError(f"{rule}. Got {text!r}. Try {example}.")
        return int(text)

    return parse


def _positive_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(
            f"takes a positive number. Got {text!r}. Try 0.01."
        )
    return number


def _hidden_layer_sizes(text: str) -> tuple[int, ...]:
    if text == "linear":
        return ()
    sizes = text.split(",")
    if not all(size.isdecimal() and int(size) >= 1 for size in sizes):
        raise argparse.ArgumentTypeError(
            "takes the units of each hidden layer, separated by commas. "
            f"Got {text!r}. Try 32,16, or linear for no hidden layer."
        )
    return tuple(map(int, sizes))


_MNIST_DESCRIPTION = """\
Train dense networks on the 60,000 training images of MNIST, one after another, test
them on its 10,000 test images, and say of each how it differs from the one before and
what that suggests: too small a network, overfitting, or nothing beyond noise.

Prints a table and the answers, and writes a report: a page with learning curves,
confusion matrices and the digits each network got most confidently wrong, the pictures
as PNG, and the numbers as JSON and CSV.
"""

_MNIST_EXAMPLES = """\
examples:
  skmlp mnist
  skmlp mnist --architecture 64 --architecture 64,64 --optimizer adam --epochs 10
"""

_MNIST_OPTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "networks": {
        "--architecture": {
            "type": _hidden_layer_sizes,
            "action": "append",
            "dest": "architectures",
            "default": None,
            "metavar": "UNITS",
            "help": "units of each hidden layer, such as 32,16, or linear for none; "
            "repeat it for more networks (default: 32,16 then 128,128 then "
            "1024,512,256,128,64)",
        },
    },
    "training": {
        "--epochs": {
            "type": _whole_number(1, example=20),
            "metavar": "N",
            "help": "passes over the training images (default: 20)",
        },
        "--optimizer": {
            "metavar": "NAME",
            "help": "Keras' name, such as sgd, adam or rmsprop (default: sgd)",
        },
        "--learning-rate": {
            "type": _positive_number,
            "metavar": "RATE",
            "help": "length of a step (default: the optimizer's own, 0.01 for sgd)",
        },
        "--batch-size": {
            "type": _whole_number(1, example=128),
            "metavar": "N",
            "help": "images in a step (default: 128)",
        },
        "--seed": {
            "type": _whole_number(0, example=0, most=2**32 - 1),
            "dest": "random_state",
            "default": 1,
            "metavar": "N",
            "help": "seed of initial weights and shuffling (default: 1)",
        },
    },
    "output": {
        "--output": {
            "type": Path,
            "default": Path("skmlp-report"),
            "metavar": "FOLDER",
            "help": "folder of the report (default: skmlp-report)",
        },
        "--quiet": {
            "action": "store_true",
            "default": False,
            "help": "show no progress, only the results",
        },
    },
}
