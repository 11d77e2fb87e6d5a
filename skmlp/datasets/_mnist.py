"""The whole of MNIST, from a file inside the package."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sklearn.utils import Bunch

_FILE = Path(__file__).with_name("data") / "mnist.npz"
_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
_PARTS = {"train": ("train",), "test": ("test",), "all": ("train", "test")}


def load_mnist(
    *, subset: str = "train", return_X_y: bool = False, as_images: bool = False
) -> Bunch | tuple[np.ndarray, np.ndarray]:
    """Load the MNIST handwritten digits (classification).

    The 70,000 digits are part of the package: nothing is downloaded. Every call
    reads the file anew, so the arrays are the caller's own.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 60,000 digits for training, the 10,000 for testing, or both, those for
        training first.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    as_images : bool, default=False
        If True, ``data`` has one image of 28 rows by 28 columns a sample, else one
        row of 784 pixels.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray of shape (n_samples, 784) or (n_samples, 28, 28), dtype=uint8
            The pixels as stored, from 0 (background) to 255 (ink).
        target : ndarray of shape (n_samples,), dtype=int64
            The digit, from 0 to 9. The file keeps it as an unsigned byte, in which
            ``0 - 1`` is 255.
        images : ndarray of shape (n_samples, 28, 28), dtype=uint8
            A view of ``data``, ready to be drawn.
        feature_names : list of str
            ``"pixel_0_0"`` to ``"pixel_27_27"``, row by row.
        target_names : ndarray of shape (10,), dtype=int64
            The digits.
        DESCR : str
            What the dataset is, where it comes from and who has which rights in it.
        filename : str
            The path of the file.

    (data, target) : tuple if ``return_X_y`` is True
        The arrays ``data`` and ``target`` described above.

    Raises
    ------
    OSError
        If the file is not, by its SHA-256, the one that was shipped: reinstall
        skmlp.

    See Also
    --------
    sklearn.datasets.load_digits : 1,797 smaller digits, of 8 by 8 pixels.
    sklearn.datasets.fetch_openml : MNIST as ``"mnist_784"``, downloaded.

    Notes
    -----
    Yann LeCun and Corinna Cortes hold the copyright of MNIST, a derivative of
    NIST's original data. It is made available under Creative Commons
    Attribution-ShareAlike 3.0, and the notice beside the file (``DESCR``) travels
    with it.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner. "Gradient-based learning applied
    to document recognition." Proceedings of the IEEE 86 (11), 1998, 2278-2324.

    Examples
    --------
    >>> from skmlp.datasets import load_mnist
    >>> X, y = load_mnist(return_X_y=True)
    >>> X.shape, X.dtype
    ((60000, 784), dtype('uint8'))
    >>> load_mnist(subset="test").images.shape
    (10000, 28, 28)
    """
    if subset not in _PARTS:
        raise ValueError(
            f"subset must be one of {', '.join(map(repr, _PARTS))}. Got {subset!r}."
        )

    with np.load(io.BytesIO(_read_verified(_FILE, _SHA256))) as arrays:
        images = np.concatenate([arrays[f"x_{part}"] for part in _PARTS[subset]])
        labels = np.concatenate([arrays[f"y_{part}"] for part in _PARTS[subset]])
    flat = images.reshape(len(images), -1)  # (n_samples, 784)
    data = images if as_images else flat
    target = labels.astype(np.int64)

    if return_X_y:
        return data, target

    from sklearn.utils import Bunch

    return Bunch(
        data=data,
        target=target,
        images=images,
        feature_names=[f"pixel_{row}_{col}" for row in range(28) for col in range(28)],
        target_names=np.arange(10),
        DESCR=_FILE.with_suffix(".rst").read_text(encoding="utf-8"),
        filename=str(_FILE),
    )


def _read_verified(path: Path, sha256: str) -> bytes:
    """Return the bytes of a file, once their SHA-256 is the expected one."""
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise OSError(
            f"{path} must have the SHA-256 {sha256}. Got {found}: the file is damaged "
            "or incomplete. Reinstall it: "
            "pip install --force-reinstall --no-deps skmlp"
        )
    return content
