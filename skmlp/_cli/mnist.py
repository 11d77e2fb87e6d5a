"""``skmlp mnist``: train networks on MNIST, compare them, write the report."""

from __future__ import annotations

import platform
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from skmlp import MNIST_ARCHITECTURES, DenseMNISTClassifier, __version__
from skmlp._cli.arguments import UsageError, did_you_mean
from skmlp._cli.interrupts import held_interrupts
from skmlp._cli.progress import Silence, make_progress
from skmlp._cli.results import print_page, print_results
from skmlp._cli.streams import StandardError
from skmlp._keras.start import import_keras
from skmlp._named.optimizers import STEPPING
from skmlp._report import file_names, make_report, prepare_folder, write_report
from skmlp.datasets import load_mnist
from skmlp.model_selection import ArchitectureComparison, fit_architectures

_DONE, _FAILED, _INTERRUPTED = 0, 1, 130  # 130 is 128 + SIGINT, as in a shell
_PARAMETERS = ("epochs", "optimizer", "learning_rate", "batch_size", "random_state")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def run(arguments: Namespace) -> int:
    """Run the command and return its exit code."""
    architectures = _name_architectures(arguments.architectures) or MNIST_ARCHITECTURES
    _check_optimizer(getattr(arguments, "optimizer", None))
    _check_folder(arguments.output, architectures)
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
    exit_code = outcome.exit_code
    if n_finished:
        summary = (
            f"Trained for {_count(estimator.epochs, 'epoch')} on {len(X):,} images of "
            f"handwritten digits and tested on {len(X_test):,} others."
            + (f" Stopped early: {finished}" if outcome.stopped_by else "")
        )
        make = partial(
            make_report,
            outcome.comparison,
            X_test,
            y_test,
            title=f"{_count(n_finished, 'network').capitalize()} on MNIST",
            summary=summary,
            settings=_describe_settings(estimator),
            command=arguments.typed,
        )
        problem = _publish(outcome.comparison, make, arguments.output)
        if problem:
            StandardError().write(problem)
            exit_code = exit_code or _FAILED
    if outcome.stopped_by:
        StandardError().write(f"skmlp mnist: {outcome.stopped_by} {finished}\n")
    return exit_code


def _publish(
    comparison: ArchitectureComparison,
    make: Callable[[], Mapping[str, bytes]],
    folder: Path,
) -> str:
    """Write the report, print the results, and return the problems, a line each."""
    page, problem = None, ""
    try:  # the report first: what is printed may find no room, or no reader
        page, problem = _keep(make(), folder)
    finally:  # and whatever becomes of the report, the results
        problem += _print(comparison, page)
    return problem


def _keep(report: Mapping[str, bytes], folder: Path) -> tuple[Path | None, str]:
    """Write the report, into a folder of its own if need be; return page and problem.

    What is left to the end can fail: the disk is full, another program changed the
    folder. Training is not to be done again for that.
    """
    try:
        return write_report(report, folder), ""
    except OSError as error:
        problem = (
            "skmlp mnist: The report needs room in the folder of --output. "
            f"Got {str(folder)!r}: {_reason(error)}."
        )
    try:
        spare = Path(tempfile.mkdtemp(prefix="skmlp-report-"))
        try:
            page = write_report(report, spare)
        except OSError:
            spare.rmdir()
            raise
    except OSError:
        return None, f"{problem} Make room, or name another.\n"
    return page, f"{problem} Another folder has it: {str(spare)!r}.\n"


def _print(comparison: ArchitectureComparison, page: Path | None) -> str:
    """Print the results and where the report is; return the problem if there is one."""
    try:
        print_results(comparison)
        if page:
            print_page(page)
    except (OSError, ValueError) as error:
        return (
            "skmlp mnist: The results need room on standard output. "
            f"Got: {_reason(error)}. "
            + (f"The report has them: {str(page)!r}.\n" if page else "Make room.\n")
        )
    return ""


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


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


def _check_folder(folder: Path, architectures: Iterable[str]) -> None:
    try:
        prepare_folder(folder, file_names(architectures))
    except (OSError, ValueError) as error:  # ValueError: no name of a file at all
        raise UsageError(
            "skmlp mnist: --output takes a folder that a report can be written into. "
            f"Got {str(folder)!r}: {_reason(error)}. Name another."
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
