"""``skmlp mnist``: train networks on MNIST, compare them, write the report."""

from __future__ import annotations

import platform
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import Any

from skmlp import MNIST_ARCHITECTURES, DenseMNISTClassifier, __version__
from skmlp._cli.arguments import UsageError, did_you_mean
from skmlp._cli.interrupts import held_interrupts
from skmlp._cli.progress import Silence, make_progress
from skmlp._cli.results import print_page, print_results
from skmlp._keras.start import import_keras
from skmlp._named.optimizers import STEPPING
from skmlp._report import prepare_folder, write_report
from skmlp.datasets import load_mnist
from skmlp.model_selection import ArchitectureComparison, fit_architectures

_DONE, _FAILED, _INTERRUPTED = 0, 1, 130  # 130 is 128 + SIGINT, as in a shell
_PARAMETERS = ("epochs", "optimizer", "learning_rate", "batch_size", "random_state")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def run(arguments: Namespace) -> int:
    """Run the command and return its exit code."""
    architectures = _name_architectures(arguments.architectures) or MNIST_ARCHITECTURES
    _check_optimizer(getattr(arguments, "optimizer", None))
    _check_folder(arguments.output)
    estimator = DenseMNISTClassifier(
        **{name: vars(arguments)[name] for name in _PARAMETERS if name in arguments}
    )
    progress = make_progress(quiet=arguments.quiet)
    progress.say(f"Training on MNIST: {', '.join(architectures)}")
    X, y = load_mnist(subset="train", return_X_y=True)
    X_test, y_test = load_mnist(subset="test", return_X_y=True)

    outcome = _train(estimator, architectures, (X, y, X_test, y_test), progress)
    n_finished = len(outcome.comparison)
    finished = f"{n_finished} of {len(architectures)} networks finished."
    if n_finished:
        print_results(outcome.comparison)
        summary = (
            f"Trained for {_count(estimator.epochs, 'epoch')} on {len(X):,} images of "
            f"handwritten digits and tested on {len(X_test):,} others."
            + (f" Stopped early: {finished}" if outcome.stopped_by else "")
        )
        try:
            page = write_report(
                outcome.comparison,
                X_test,
                y_test,
                arguments.output,
                title=f"{_count(n_finished, 'network').capitalize()} on MNIST",
                summary=summary,
                settings=_describe_settings(estimator),
                command=arguments.typed,
            )
        except OSError as error:
            sys.stderr.write(
                "skmlp mnist: The report needs room in the folder of --output. Got "
                f"{str(arguments.output)!r}: {error.strerror}. Make room, or name "
                "another.\n"
            )
            return _FAILED
        print_page(page)
    if outcome.stopped_by:
        sys.stderr.write(f"skmlp mnist: {outcome.stopped_by} {finished}\n")
    return outcome.exit_code


@dataclass(frozen=True)
class Outcome:
    """The networks that were finished, and what stopped the training of others."""

    comparison: ArchitectureComparison
    exit_code: int = _DONE
    stopped_by: str = ""


def _train(
    estimator: DenseMNISTClassifier,
    architectures: Mapping[str, Sequence[int]],
    samples: tuple[Any, ...],
    progress: Silence,
) -> Outcome:
    results = []
    stop: tuple[Any, ...] = ()
    try:
        with held_interrupts(progress.stop_soon) as stop_if_interrupted:
            estimator.set_params(
                callbacks=_make_callbacks(
                    progress, architectures, estimator.epochs, stop_if_interrupted
                )
            )
            stop_if_interrupted()
            with progress:
                for result in fit_architectures(estimator, architectures, *samples):
                    results.append(result)
                    progress.finish(result)
                    stop_if_interrupted()
    except KeyboardInterrupt:
        stop = (_INTERRUPTED, "Interrupted.")
    except ValueError as error:
        stop = (_FAILED, " ".join(str(error).split()))
    return Outcome(ArchitectureComparison(results), *stop)


def _make_callbacks(
    progress: Silence,
    names: Iterable[str],
    epochs: int,
    stop_if_interrupted: Callable[..., None],
) -> list[Any]:
    waiting = iter(names)
    # Importing Keras takes seconds, which are not to count as those of the first fit.
    LambdaCallback = import_keras().callbacks.LambdaCallback
    # Cloning an estimator copies its callbacks, and methods with their objects, but not
    # functions.
    return [
        LambdaCallback(
            on_train_begin=lambda logs: progress.begin(next(waiting), epochs),
            on_epoch_end=lambda epoch, logs: progress.end_epoch(epoch, logs),
        ),
        LambdaCallback(on_epoch_end=stop_if_interrupted),
    ]


def _name_architectures(
    architectures: Sequence[tuple[int, ...]] | None,
) -> dict[str, tuple[int, ...]]:
    named: dict[str, tuple[int, ...]] = {}
    for sizes in architectures or ():
        name = "-".join(map(str, sizes)) or "linear"
        if name in named:
            raise UsageError(
                "skmlp mnist: --architecture takes each network once. "
                f"Got {name} twice. Leave one out."
            )
        named[name] = sizes
    return named


def _check_optimizer(optimizer: str | None) -> None:
    if optimizer is not None and optimizer not in STEPPING:
        names = ", ".join(STEPPING)
        raise UsageError(
            f"skmlp mnist: --optimizer takes one of {names}. "
            f"Got {optimizer!r}.{did_you_mean(optimizer, STEPPING)}"
        )


def _check_folder(folder: Any) -> None:
    try:
        prepare_folder(folder)
    except OSError as error:
        raise UsageError(
            "skmlp mnist: --output takes a folder that a report can be written into. "
            f"Got {str(folder)!r}: {error.strerror}. Name another."
        ) from error


def _count(n: int, noun: str) -> str:
    number = _NUMBERS[n] if n < len(_NUMBERS) else n
    return f"{number} {noun}{'' if n == 1 else 's'}"


def _describe_settings(estimator: DenseMNISTClassifier) -> dict[str, str]:
    keras = import_keras()
    backend = keras.config.backend()
    optimizer = keras.optimizers.get(estimator.optimizer)
    learning_rate = estimator.learning_rate
    if learning_rate == "auto":
        learning_rate = float(optimizer.learning_rate)
    return {
        "Optimizer": estimator.optimizer,
        "Learning rate": f"{learning_rate:g}",
        "Batch size": str(estimator.batch_size),
        "Epochs": str(estimator.epochs),
        "Seed": str(estimator.random_state),
        "Activation": estimator.activation,
        "skmlp": __version__,
        "Keras": keras.__version__,
        backend: sys.modules[backend].__version__,
        "scikit-learn": version("scikit-learn"),
        "NumPy": version("numpy"),
        "Python": platform.python_version(),
        "Machine": f"{platform.system()} {platform.machine()}",
        "Date": date.today().isoformat(),
    }
