import errno
import inspect
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

import skmlp
from skmlp import MNIST_ARCHITECTURES, DenseMNISTClassifier
from skmlp._cli import main
from skmlp._cli.interrupts import held_interrupts
from skmlp._cli.results import print_results
from skmlp.datasets import load_mnist
from skmlp.model_selection import (
    ArchitectureComparison,
    ArchitectureResult,
    fit_architectures,
)
from skmlp.model_selection._result import Performance


def run(*arguments, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "skmlp", *arguments],
        capture_output=True,
        text=True,
        **kwargs,
    )


def modules_imported_by(*arguments):
    program = (
        "import sys\n"
        "from skmlp._cli import main\n"
        "try:\n"
        f"    main({list(arguments)!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "print(*sys.modules)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(finished.stdout.split())


@pytest.fixture
def help_text(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["mnist", "--help"])
    return " ".join(capsys.readouterr().out.split())


@pytest.fixture
def few_digits(monkeypatch):
    """Let the command train on a few digits and draw nothing, to be quick."""

    def load_few(*, subset, return_X_y):
        X, y = load_mnist(subset=subset, return_X_y=return_X_y)
        return X[:300], y[:300]

    monkeypatch.setattr("skmlp._cli.mnist.load_mnist", load_few)
    monkeypatch.setattr("skmlp._report.draw_pictures", lambda *arguments: [])


@pytest.fixture
def no_drawing(monkeypatch):
    """Let the command train nothing and draw nothing, but write and print results."""
    exec(WITHOUT_TRAINING, {"setattr": monkeypatch.setattr})


WITHOUT_TRAINING = """
import numpy as np
import skmlp._report
from skmlp._cli import main, mnist
from skmlp.model_selection import ArchitectureResult
from skmlp.model_selection._result import Performance


def measure(estimator, architectures, *samples):
    for name, sizes in architectures.items():
        yield ArchitectureResult(
            name=name,
            hidden_layer_sizes=sizes,
            estimator=None,
            n_parameters=1_501_770,
            fit_seconds=1234.5,
            history={"loss": [0.5], "val_loss": [0.5]},
            training=Performance(np.arange(1000) >= 100, 0.25),
            test=Performance(np.arange(1000) >= 50, 0.125),
        )


setattr(mnist, "load_mnist", lambda **kwargs: (np.zeros((1, 784)), np.zeros(1)))
setattr(mnist, "fit_architectures", measure)
setattr(mnist, "_make_callbacks", lambda *arguments: [])
setattr(mnist, "_describe_settings", lambda estimator: {})
setattr(skmlp._report, "draw_pictures", lambda *arguments: [])
"""


@pytest.fixture
def no_training(monkeypatch):
    """Fail when a dataset is loaded: a bad argument is found before."""

    def refuse(**kwargs):
        raise AssertionError("the dataset was loaded")

    monkeypatch.setattr("skmlp._cli.mnist.load_mnist", refuse)


def make_result(name="1024-512-256-128-64"):
    return ArchitectureResult(
        name=name,
        hidden_layer_sizes=tuple(map(int, name.split("-"))),
        estimator=None,
        n_parameters=1_501_770,
        fit_seconds=1234.5,
        history={"loss": [0.5], "val_loss": [0.5]},
        training=Performance(np.arange(1000) >= 100, 0.25),
        test=Performance(np.arange(1000) >= 50, 0.125),
    )


# Help


@pytest.mark.parametrize("command", [["--help"], ["mnist", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(command):
    heavy = {"keras", "matplotlib", "numpy", "rich", "sklearn", "tensorflow"}

    assert not heavy & modules_imported_by(*command)


def test_help_is_reached_from_the_shell():
    finished = run("--help")

    assert finished.returncode == 0
    assert "mnist" in finished.stdout
    assert finished.stderr == ""


def test_version_is_that_of_the_package():
    assert run("--version").stdout == f"skmlp {skmlp.__version__}\n"


@pytest.mark.parametrize(
    ("option", "parameter"),
    [
        ("--epochs", "epochs"),
        ("--optimizer", "optimizer"),
        ("--batch-size", "batch_size"),
    ],
)
def test_help_names_the_defaults_of_the_estimator(help_text, option, parameter):
    default = inspect.signature(DenseMNISTClassifier).parameters[parameter].default

    assert re.search(rf" {option} [A-Z]+ [^(]*\(default: (.*?)\)", help_text)[1] == str(
        default
    )


def test_help_names_the_default_architectures(help_text):
    described = " then ".join(
        ",".join(map(str, sizes)) for sizes in MNIST_ARCHITECTURES.values()
    )
    assert f"(default: {described})" in help_text


# Bad arguments


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "skmlp: it takes a command. Got none. Try: skmlp mnist"),
        (["mnst"], r"skmlp: COMMAND: invalid choice: 'mnst' .* See: skmlp --help"),
        (["mnist", "--epoch", "3"], r"skmlp mnist: .* Did you mean --epochs\?"),
        (["mnist", "--epochs"], r".* --epochs: expected one argument\. See: .*"),
        (
            ["mnist", "--epochs", "0"],
            "skmlp mnist: --epochs takes a whole number of at least 1. "
            "Got '0'. Try 20.",
        ),
        (["mnist", "--batch-size", "1.5"], r".* of at least 1\. Got '1.5'\. Try 128\."),
        (["mnist", "--seed", "-1"], r".* from 0 to 4294967295\. Got '-1'\. Try 0\."),
        (["mnist", "--learning-rate", "0"], r".* a positive number\. Got '0'\. .*"),
        (["mnist", "--learning-rate", "nan"], r".* positive number\. Got 'nan'\. .*"),
        (["mnist", "--learning-rate", "x"], r".* a positive number\. Got 'x'\. .*"),
        (["mnist", "--architecture", "32-16"], r".* Got '32-16'\. Try 32,16, .*"),
        (["mnist", "--architecture", "32,0"], r".* Got '32,0'\. Try 32,16, .*"),
        (
            ["mnist", "--architecture", "8", "--architecture", "8"],
            r".* takes each network once\. Got 8 twice\. Leave one out\.",
        ),
        (["mnist", "--optimizer", "sdg"], r".* Got 'sdg'\. Did you mean sgd\?"),
        (["mnist", "--optimizer", "42"], r".* takes one of adadelta, .* Got '42'\."),
    ],
)
def test_bad_arguments_get_one_line(arguments, line, capsys):
    assert main(arguments) == 2

    output = capsys.readouterr()
    assert output.out == ""
    assert re.fullmatch(line, output.err.removesuffix("\n"))


@pytest.mark.usefixtures("no_training")
def test_output_that_cannot_be_written_gets_one_line(tmp_path, capsys):
    (tmp_path / "thesis.txt").touch()
    for output in (tmp_path, tmp_path / "thesis.txt", tmp_path / "thesis.txt" / "x"):
        assert main(["mnist", "--output", str(output)]) == 2

        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("skmlp mnist: --output takes a folder that")
        assert line.endswith("Name another.")
        assert repr(str(output)) in line


@pytest.mark.slow
def test_bad_arguments_are_found_before_tensorflow_is_imported(tmp_path):
    (tmp_path / "thesis.txt").touch()

    optimizer = modules_imported_by("mnist", "--optimizer", "sdg")
    output = modules_imported_by("mnist", "--output", str(tmp_path))

    assert not {"tensorflow", "keras", "matplotlib"} & (optimizer | output)


# Results


def test_results_fit_into_80_columns(capsys):
    before, after = make_result("32-16"), make_result()

    print_results(ArchitectureComparison([before, after]))

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-1].startswith("    ")
    row = next(line for line in lines if line.startswith("1024"))
    assert row.split() == [
        "1024-512-256-128-64",
        "1,501,770",
        "0.9000",
        "0.9500",
        "0.2500",
        "0.1250",
        "-0.0500",
        "1234",
        "s",
    ]


def test_results_break_long_names_after_hyphens(capsys):
    print_results(ArchitectureComparison([make_result("-".join(["1000"] * 6))]))

    output = capsys.readouterr().out
    assert "\n1000-1000-1000-1000-" in output
    assert "\n1000-1000 " in output


# Runs


@pytest.mark.usefixtures("no_drawing")
def test_report_that_finds_no_room_gets_one_line(tmp_path, capsys, monkeypatch):
    def find_no_room(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    def train_until_the_disk_is_full(*arguments):
        yield make_result("4")
        monkeypatch.setattr(os, "fsync", find_no_room)

    monkeypatch.setattr(
        "skmlp._cli.mnist.fit_architectures", train_until_the_disk_is_full
    )
    code = main(["mnist", "--quiet", "--output", str(tmp_path)])

    assert code == 1

    output = capsys.readouterr()
    (line,) = output.err.splitlines()
    assert line.startswith("skmlp mnist: The report needs room")
    assert "No space left on device. Make room" in line
    assert "parameters" in output.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("few_digits")
def test_run_prints_the_table_the_verdict_and_the_report(tmp_path, capsys):
    code = main(
        f"mnist --architecture 4 --architecture linear --epochs 2 --batch-size 100 "
        f"--learning-rate 0.1 --optimizer adam --seed 3 --output {tmp_path}".split()
    )

    output = capsys.readouterr()
    assert code == 0
    assert re.search(r"^linear +7,850 ", output.out, re.MULTILINE)
    assert "Q1. How do training and test performance of linear compare" in output.out
    assert output.out.endswith(f"Report: {tmp_path / 'index.html'}\n")
    assert output.err.splitlines()[0] == "Training on MNIST: 4, linear"
    assert re.search(r"\nlinear: trained in .* s, test accuracy 0\.\d+\n", output.err)
    numbers = json.loads((tmp_path / "results.json").read_text())
    assert numbers["settings"]["Seed"] == "3"
    assert numbers["settings"]["Learning rate"] == "0.1"
    assert numbers["command"].startswith("skmlp mnist --architecture 4 ")


@pytest.mark.usefixtures("few_digits")
def test_run_can_be_repeated(tmp_path):
    for name in ("first", "second"):
        main(f"mnist --architecture 4 --epochs 1 --output {tmp_path / name}".split())

    first, second = (
        json.loads((tmp_path / name / "results.json").read_text())
        for name in ("first", "second")
    )
    (first,), (second,) = first["architectures"], second["architectures"]
    assert first["history"] == second["history"]
    assert first["test_loss"] == second["test_loss"]


@pytest.mark.usefixtures("few_digits")
def test_quiet_run_shows_results_alone(tmp_path, capsys):
    main(f"mnist --architecture 4 --epochs 1 --quiet --output {tmp_path}".split())

    output = capsys.readouterr()
    assert output.err == ""
    assert "parameters" in output.out


@pytest.mark.usefixtures("few_digits")
def test_run_moves_a_bar_on_a_terminal(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")

    main(f"mnist --architecture 4 --epochs 3 --output {tmp_path}".split())

    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert re.search(r"4 ━+ 3/3 loss \d\.\d{4} accuracy 0\.\d{4} 00:\d\d", shown)


@pytest.mark.usefixtures("few_digits")
def test_interrupted_run_keeps_what_is_finished(tmp_path, capsys, monkeypatch):
    def interrupted(*arguments):
        yield next(fit_architectures(*arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr("skmlp._cli.mnist.fit_architectures", interrupted)
    architectures = "--architecture 4 --architecture 5"
    code = main(f"mnist {architectures} --epochs 1 --output {tmp_path}".split())

    output = capsys.readouterr()
    assert code == 130
    assert "Report: " in output.out
    last_line = "skmlp mnist: Interrupted. 1 of 2 networks finished.\n"
    assert output.err.endswith(last_line)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Stopped early: 1 of 2 networks finished." in page


@pytest.mark.usefixtures("few_digits")
def test_run_that_diverges_says_so_in_one_line(tmp_path, capsys):
    code = main(
        "mnist --architecture 4 --epochs 3 --learning-rate 1e30 --quiet "
        f"--output {tmp_path}".split()
    )

    output = capsys.readouterr()
    assert code == 1
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert line.startswith("skmlp mnist: The loss became ")
    assert line.endswith("0 of 1 networks finished.")


def test_interrupt_before_training_ends_in_one_line(monkeypatch, tmp_path, capsys):
    def interrupt(**kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("skmlp._cli.mnist.load_mnist", interrupt)

    assert main(["mnist", "--quiet", "--output", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "skmlp: Interrupted.\n"


@pytest.fixture
def heeds_interrupts():
    """Heed SIGINT, which a shell lets the commands in its background ignore."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.mark.usefixtures("heeds_interrupts")
def test_first_interrupt_is_held_until_it_is_asked_for():
    notes = []

    with held_interrupts(lambda: notes.append("held")) as stop_if_interrupted:
        stop_if_interrupted()
        signal.raise_signal(signal.SIGINT)
        assert notes == ["held"]
        with pytest.raises(KeyboardInterrupt):
            stop_if_interrupted()

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("heeds_interrupts")
def test_second_interrupt_is_not_held():
    with held_interrupts(lambda: None):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_interrupts_that_are_ignored_stay_so():
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_interrupts(lambda: None) as stop_if_interrupted:
            signal.raise_signal(signal.SIGINT)
            stop_if_interrupted()
    finally:
        signal.signal(signal.SIGINT, handler)


# Finished work is not lost


RUN_WITHOUT_TRAINING = f"{WITHOUT_TRAINING}\nimport sys\nsys.exit(main(sys.argv[1:]))"


def write_report_to(folder, environment):
    """Run the command in another process and locale, where it trains nothing."""
    return subprocess.run(
        [sys.executable, "-c", RUN_WITHOUT_TRAINING, "mnist", "--output", folder],
        env=os.environ | environment,
        capture_output=True,
    )


@contextmanager
def closed_pipe():
    """Give a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    with suppress(BrokenPipeError), open(writer, "w") as pipe:
        yield pipe


@contextmanager
def full_disk():
    with suppress(OSError), open("/dev/full", "w") as disk:
        yield disk


posix = pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/full")


@posix
@pytest.mark.usefixtures("no_drawing")
@pytest.mark.parametrize("open_stream", [closed_pipe, full_disk])
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_stream_that_cannot_be_written_to_loses_no_report(
    name, open_stream, tmp_path, capsys, monkeypatch
):
    with open_stream() as stream:
        monkeypatch.setattr(sys, name, stream)
        code = main(["mnist", "--output", str(tmp_path)])
        monkeypatch.undo()

    assert json.loads((tmp_path / "results.json").read_text())["made_by"] == "skmlp"
    output = capsys.readouterr()
    if name == "stderr":
        assert code == 0
        assert output.out.endswith(f"Report: {tmp_path / 'index.html'}\n")
    elif open_stream is closed_pipe:
        assert code == 0
        assert "standard output" not in output.err
    else:
        assert code == 1
        assert output.err.splitlines()[-1] == (
            "skmlp mnist: The results need room on standard output. Got: No space left "
            f"on device. The report has them: {str(tmp_path / 'index.html')!r}."
        )


@posix
@pytest.mark.parametrize(
    ("redirection", "code", "error"),
    [
        ("| true", 0, b""),
        ("> /dev/full", 1, b"room on standard output. Got: No space left on device."),
        *(
            pytest.param(*row, marks=pytest.mark.slow)
            for row in [
                ("| head -1", 0, b""),
                ("2>&1 | true", 0, b""),
                ("2> /dev/full", 0, b""),
                ("> /dev/full 2>&1", 1, b""),
                (">&-", 0, b""),
                ("2>&-", 0, b""),
                ("<&- >&- 2>&-", 0, b""),
            ]
        ),
    ],
)
def test_redirection_loses_no_report(redirection, code, error, tmp_path):
    command = f'set -o pipefail; "$0" -c "$1" mnist --output "$2" {redirection}'
    finished = subprocess.run(
        ["bash", "-c", command, sys.executable, RUN_WITHOUT_TRAINING, tmp_path],
        capture_output=True,
    )

    assert finished.returncode == code
    assert error in finished.stderr
    assert b"Traceback" not in finished.stderr
    assert b"Exception ignored" not in finished.stderr
    assert (tmp_path / "index.html").exists()


@posix
@pytest.mark.parametrize("command", ["--version", "mnist --help"])
def test_help_that_finds_no_room_ends_without_a_traceback(command):
    with open("/dev/full", "w") as full:
        finished = subprocess.run(
            [sys.executable, "-m", "skmlp", *command.split()],
            stdout=full,
            stderr=subprocess.PIPE,
        )

    assert b"Traceback" not in finished.stderr
    assert b"Exception ignored" not in finished.stderr


WORD = "Größe"
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
UTF_8 = {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}


@pytest.mark.skipif(sys.platform != "linux", reason="needs names of any bytes")
@pytest.mark.parametrize(
    ("name", "environment"),
    [
        pytest.param(WORD.encode("latin-1"), ASCII, id="undecodable, ASCII"),
        *(
            pytest.param(name, environment, id=case, marks=pytest.mark.slow)
            for case, name, environment in [
                ("undecodable, UTF-8", WORD.encode("latin-1"), UTF_8),
                ("not ASCII, ASCII", WORD.encode(), ASCII),
                ("not ASCII, UTF-8", WORD.encode(), UTF_8),
                ("no letters, ASCII", b"\xff\xfe", ASCII),
                ("no letters, UTF-8", b"\xff\xfe", UTF_8),
            ]
        ),
    ],
)
def test_output_of_any_name_is_written(name, environment, tmp_path):
    folder = os.path.join(os.fsencode(tmp_path), name)

    finished = write_report_to(folder, environment)

    assert finished.returncode == 0
    assert b"Traceback" not in finished.stderr
    assert b"\nReport: " in finished.stdout
    assert set(os.listdir(folder)) == {
        *(b"index.html", b"results.json", b"results.csv", b"curves.csv")
    }
    with open(os.path.join(folder, b"results.json"), encoding="utf-8") as file:
        command = json.load(file)["command"]
    readable = name.decode(errors="backslashreplace")
    assert command == f"skmlp mnist --output '{tmp_path / readable}'"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs names of any bytes")
@pytest.mark.parametrize("name", [WORD.encode(), WORD.encode("latin-1")])
def test_refused_output_of_any_name_gets_one_line(name, tmp_path):
    path = os.path.join(os.fsencode(tmp_path), name)
    Path(os.fsdecode(path)).touch()

    finished = write_report_to(path, ASCII)

    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    assert line.endswith(b": File exists. Name another.")


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("output", ["a\0b", "\0", "\ud800", "x" * 300, "x/" * 3000])
def test_output_that_is_no_name_gets_one_line(output, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["mnist", "--output", output]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("skmlp mnist: --output takes a folder that")
    assert line.endswith("Name another.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_training")
def test_file_with_a_name_of_the_report_is_found_before_training(tmp_path, capsys):
    report = {"made_by": "skmlp", "files": ["results.json"]}
    (tmp_path / "results.json").write_text(json.dumps(report))
    (tmp_path / "1-32-16-loss.png").write_text("mine")

    assert main(["mnist", "--output", str(tmp_path)]) == 2

    assert "it holds 1-32-16-loss.png, which is not of" in capsys.readouterr().err
    assert (tmp_path / "1-32-16-loss.png").read_text() == "mine"


def lock(folder):
    if os.geteuid() == 0:
        pytest.skip("no permission stops root")
    folder.chmod(0o555)


def put_a_file(folder):
    (folder / "index.html").write_text("mine")


def replace_by_a_file(folder):
    folder.rmdir()
    folder.write_text("mine")


@posix
@pytest.mark.usefixtures("no_drawing")
@pytest.mark.parametrize("change", [lock, put_a_file, replace_by_a_file])
def test_folder_that_changes_while_networks_train_loses_no_report(
    change, tmp_path, capsys, monkeypatch
):
    folder, spare = tmp_path / "report", tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spare))

    def train_and_change(*arguments):
        yield make_result("4")
        change(folder)

    monkeypatch.setattr("skmlp._cli.mnist.fit_architectures", train_and_change)
    code = main(["mnist", "--quiet", "--output", str(folder)])

    output = capsys.readouterr()
    (page,) = spare.glob("skmlp-report-*/index.html")
    assert code == 1
    assert output.out.endswith(f"Report: {page}\n")
    (line,) = output.err.splitlines()
    assert line.startswith(
        f"skmlp mnist: The report needs room in the folder of --output. "
        f"Got {str(folder)!r}: "
    )
    assert line.endswith(f" Another folder has it: {str(page.parent)!r}.")


@pytest.mark.usefixtures("no_drawing")
def test_report_that_cannot_be_made_hides_no_results(tmp_path, capsys, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("no pictures today")

    monkeypatch.setattr("skmlp._report.draw_pictures", fail)

    with pytest.raises(RuntimeError, match="no pictures today"):
        main(["mnist", "--output", str(tmp_path)])

    assert "parameters" in capsys.readouterr().out


@pytest.mark.slow
def test_command_trains_on_the_whole_of_mnist(tmp_path):
    finished = run("mnist", "--architecture", "8", "--epochs", "1", cwd=tmp_path)

    assert finished.returncode == 0
    assert finished.stdout.endswith("Report: skmlp-report/index.html\n")
    assert (tmp_path / "skmlp-report" / "index.html").exists()
    first, last = finished.stderr.splitlines()
    assert first == "Training on MNIST: 8"
    assert re.fullmatch(r"8: trained in .* s, test accuracy 0\.\d{4}", last)


@pytest.mark.slow
@pytest.mark.usefixtures("heeds_interrupts")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_control_c_ends_the_command_with_what_is_finished(tmp_path):
    command = "mnist --architecture 8 --architecture 512,512 --epochs 3 --output"
    with subprocess.Popen(
        [sys.executable, "-m", "skmlp", *command.split(), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stderr:
            if line.startswith("8: trained"):
                process.send_signal(signal.SIGINT)
                break
        stdout, stderr = process.communicate(timeout=120)

    assert process.returncode == 130
    assert stderr == "skmlp mnist: Interrupted. 1 of 2 networks finished.\n"
    assert f"Report: {tmp_path / 'index.html'}" in stdout
    assert (tmp_path / "index.html").exists()
