"""What the difference between two measured networks suggests, in words.

Both parts of the reason are looked up by signs: what the networks fit, by how training
and test accuracy changed; whether the new one overfits, by how the gap between the two
changed. A change within noise has the sign 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from skmlp.model_selection._estimate import Estimate, paired_difference
from skmlp.model_selection._result import ArchitectureResult

# (training accuracy changes beyond noise, test accuracy does)
_IS_THERE_A_DIFFERENCE = {
    (True, True): "Yes.",
    (True, False): "Only on the training set.",
    (False, True): "Only on the test set.",
    (False, False): "None beyond noise.",
}

# (sign of the change in training accuracy, sign of the change in test accuracy)
_FIT = {
    (1, 1): "{previous} underfits: its training and test accuracy are low together",
    (-1, -1): "{current} underfits: its training and test accuracy are low together",
    (1, 0): "{current} fits the training set better, the test set no better",
    (1, -1): "{current} fits the training set better at the expense of the test set",
    (0, 1): "{current} generalises better: of two equal fits, it does better on the "
    "test set",
    (0, -1): "{current} generalises worse: of two equal fits, it does worse on the "
    "test set",
    (-1, 1): "{current} generalises better: it fits the training set less closely, "
    "the test set better",
    (-1, 0): "{current} fits the training set less closely, the test set as well",
    (0, 0): "neither set tells the two networks apart",
}

# (sign of the change in the gap, the gap now exceeds noise, the gap before did)
_OVERFITTING = {
    (1, True, False): "{current} begins to overfit",
    (1, True, True): "{current} overfits more than {previous}",
    (0, True, False): "{current} overfits no more than {previous}",
    (0, True, True): "{current} overfits no more than {previous}",
    (-1, True, False): "{current} overfits less than {previous}",
    (-1, True, True): "{current} overfits less than {previous}",
}
_NO_OVERFITTING = "no sign that {current} overfits"


@dataclass(frozen=True)
class Verdict:
    """A network against the one before: what differs, and what that suggests.

    Attributes
    ----------
    previous, current : ArchitectureResult
        The two networks.

    training, test, gap : Estimate
        Change in training accuracy, test accuracy and the gap between them, each with
        ``value``, ``standard_error`` and ``sign`` (0 within noise).

    underfits, overfits : str or None
        Name of the network that does.

    question, difference, reason : str
        The question, and the two halves of its answer.
    """

    previous: ArchitectureResult
    current: ArchitectureResult

    @cached_property
    def training(self) -> Estimate:
        return paired_difference(
            self.current.training.correct, self.previous.training.correct
        )

    @cached_property
    def test(self) -> Estimate:
        return paired_difference(self.current.test.correct, self.previous.test.correct)

    @cached_property
    def gap(self) -> Estimate:
        return self.training - self.test

    @property
    def underfits(self) -> str | None:
        both = {(1, 1): self.previous.name, (-1, -1): self.current.name}
        return both.get(self._fit)

    @property
    def overfits(self) -> str | None:
        widens = self.gap.sign == 1 and self.current.gap_estimate.sign == 1
        return self.current.name if widens else None

    @property
    def findings(self) -> list[str]:
        """The reason in a few words."""
        findings = []
        if self.underfits:
            findings.append(f"{self.underfits} underfits")
        if self.overfits:
            findings.append(f"{self.overfits} overfits")
        return findings or ["neither underfitting nor overfitting"]

    @property
    def question(self) -> str:
        return (
            f"How do training and test performance of {self.current.name} compare with "
            f"{self.previous.name}, is there a difference, and why?"
        )

    @property
    def difference(self) -> str:
        previous, current = self.previous, self.current
        beyond_noise = (self.training.sign != 0, self.test.sign != 0)
        test = _describe_change(
            previous.test.accuracy, current.test.accuracy, self.test
        )
        training = _describe_change(
            previous.training.accuracy, current.training.accuracy, self.training
        )
        return (
            f"{_IS_THERE_A_DIFFERENCE[beyond_noise]} "
            f"Test accuracy {test}. Training accuracy {training}."
        )

    @property
    def reason(self) -> str:
        names = {"previous": self.previous.name, "current": self.current.name}
        fit = _FIT[self._fit].format(**names)
        if self.underfits:
            fit += f", {self._describe_size()}"
        gap = _describe_change(
            self.previous.gap, self.current.gap, self.gap, verbs=("narrows", "widens")
        )
        gaps = (
            self.gap.sign,
            self.current.gap_estimate.sign == 1,
            self.previous.gap_estimate.sign == 1,
        )
        overfitting = _OVERFITTING.get(gaps, _NO_OVERFITTING).format(**names)
        return (
            f"{fit[0].upper()}{fit[1:]}. "
            f"The gap between training and test accuracy {gap}: {overfitting}."
        )

    @property
    def _fit(self) -> tuple[int, int]:
        return self.training.sign, self.test.sign

    def _describe_size(self) -> str:
        low, high = self.previous, self.current
        if self.underfits == self.current.name:
            low, high = high, low
        if low.n_parameters < high.n_parameters:
            return (
                f"and with {low.n_parameters:,} parameters against "
                f"{high.n_parameters:,} it is too small"
            )
        return (
            f"though it is not the smaller ({low.n_parameters:,} parameters against "
            f"{high.n_parameters:,}), so it may need more epochs or another optimizer"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain Python values.

        Returns
        -------
        verdict : dict
            The changes with their standard errors, the findings and the sentences.
        """
        changes = {"training": self.training, "test": self.test, "gap": self.gap}
        return {
            "architecture": self.current.name,
            "previous": self.previous.name,
            **{
                f"{name}_change": {
                    "value": change.value,
                    "standard_error": change.standard_error,
                    "beyond_noise": change.sign != 0,
                }
                for name, change in changes.items()
            },
            "findings": self.findings,
            "question": self.question,
            "difference": self.difference,
            "reason": self.reason,
        }


def _describe_change(
    previous: float,
    current: float,
    change: Estimate,
    verbs: tuple[str, str] = ("falls", "rises"),
) -> str:
    if change.value == 0:
        return f"stays {current:.4f}"
    verb, noise = verbs[change.sign > 0], ""
    if change.sign == 0:
        verb, noise = "goes", ", within noise"
    return (
        f"{verb} from {previous:.4f} to {current:.4f}, "
        f"by {abs(change.value):.4f}{noise} "
        f"({change.n_standard_errors:.1f} standard errors)"
    )
