"""The estimator for images of digits, and the notebook's networks."""

from __future__ import annotations

import numpy as np

from skmlp._estimators import DenseClassifier
from skmlp._estimators.advice import advising
from skmlp._estimators.parameters import parameters_of
from skmlp._estimators.user_warnings import warn

MNIST_ARCHITECTURES = {
    "32-16": (32, 16),
    "128-128": (128, 128),
    "1024-512-256-128-64": (1024, 512, 256, 128, 64),
}
"""The notebook's networks: units of the hidden layers, by name."""

# Pixels up to this are scaled already: a scaler may miss 1 by rounding.
_UNIT = 1.001

# Brightest and mean pixels whose ratios are beyond this are plainly on different
# scales; 0…1 and 0…255 differ by 255.
_SCALE_RATIO = 50

# Images whose pixels are looked at for that, so that it costs a prediction nothing.
_SCALE_ROWS = 100


class DenseMNISTClassifier(DenseClassifier):
    r"""Dense neural network classifier for images of digits.

    A :class:`DenseClassifier` whose defaults are those of the notebook that trains on
    MNIST (plain SGD, 20 epochs, no penalty), and which also takes images and pixels as
    they are stored, 0…255: it divides them by 255 itself.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(32, 16)
        Units of each hidden layer. ``()`` makes a linear model.
    activation : str, callable or list of them, default="relu"
        Activation of the hidden layers, one for all or one for each: a Keras name, such
        as ``"relu"``, ``"tanh"``, ``"gelu"`` or ``"silu"``, or a function that works on
        NumPy arrays and on Keras tensors alike, which each fit compiles anew.
        scikit-learn's ``"identity"`` and ``"logistic"`` mean ``"linear"`` and
        ``"sigmoid"``. Only used with hidden layers.
    dropout : float in [0, 1) or list of float, default=0.0
        Fraction of the units of each hidden layer to drop at each gradient step, one
        for all layers or one for each [1]_. Only used with hidden layers.
    batch_norm : bool, default=False
        Whether to normalise the hidden layers before their activation. Training uses
        the means and variances of each batch [2]_; their running averages are kept and
        folded into ``coefs_`` and ``intercepts_`` after training. Only used with hidden
        layers.
    optimizer : str or keras.optimizers.Optimizer, default="sgd"
        Keras name of the optimizer, or an instance, which each fit copies. ``"lbfgs"``
        is SciPy's L-BFGS-B on all samples at once, for small data: an epoch is an
        iteration, and training stops when no entry of the gradient exceeds ``tol`` in
        absolute value.
    learning_rate : float, str or keras LearningRateSchedule, default="auto"
        Step size of the optimizer. ``"auto"`` is the optimizer's own: 0.001 for
        ``"adam"``, 0.01 for ``"sgd"``, or what an instance was made with. ``"cosine"``
        decays it to zero along a half cosine over all gradient steps of the fit;
        ``"onecycle"`` first raises it to ten times as much, over 30 % of the steps.
        Only used with an optimizer other than ``"lbfgs"``.
    momentum : float in [0, 1) or "auto", default="auto"
        Fraction of the previous update added to this one. ``"auto"`` is the optimizer's
        own: 0 for ``"sgd"`` and ``"rmsprop"``, 0.95 for ``"muon"``, or what an instance
        was made with. Only used with ``optimizer="sgd"``, ``"rmsprop"`` or ``"muon"``.
    alpha : float, default=0.0
        Strength of the L2 penalty on the kernels, as in scikit-learn; biases are not
        penalised.
    batch_size : int or "auto", default=128
        Samples per gradient step, at most all of them. ``"auto"`` is
        ``min(200, n_samples)``. Only used with an optimizer other than ``"lbfgs"``.
    epochs : int, default=20
        Maximum number of passes over the training data; ``tol`` may stop training
        sooner. Only used by ``fit``, and by the schedules that ``learning_rate`` names.
    tol : float or None, default=None
        Smallest improvement that counts, in the unit of what has to improve: the
        training loss, or with ``early_stopping`` what ``monitor`` names. ``None``
        trains for all epochs; with ``early_stopping`` it means 0. Only used by ``fit``.
    n_iter_no_change : int, default=10
        Consecutive epochs without improvement to allow before stopping. Only used with
        ``early_stopping=True``, or ``tol`` other than None and an optimizer other than
        ``"lbfgs"``.
    early_stopping : bool, default=False
        Stop when the validation loss or score stops improving; keep the best epoch's
        weights.
    validation_fraction : float in (0, 1), default=0.1
        Fraction of the samples to hold out for validation, in which each class keeps
        its share. Only used with ``early_stopping=True`` and no ``X_val``.
    monitor : str or callable, default="loss"
        What to monitor on validation data: ``"loss"``, or a scikit-learn scorer, by
        name or as a callable ``scorer(estimator, X, y)``, which takes ``sample_weight``
        too where there are weights. Only used with ``early_stopping=True`` or
        ``X_val``.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied into the sample weights, also of samples held
        out for validation. ``"balanced"`` weights a class by the inverse of its
        frequency; ``None`` weights all alike.
    label_smoothing : float in [0, 1), default=0.0
        Share of each label that is spread evenly over all classes in training, so that
        probabilities are less extreme (C. Szegedy et al., "Rethinking the Inception
        Architecture for Computer Vision", 2016). The validation loss is that of the
        labels as they are.
    shuffle : bool, default=True
        Whether each epoch takes the samples in a new order. Only used with an optimizer
        other than ``"lbfgs"``.
    warm_start : bool, default=False
        Whether ``fit`` continues from the weights of the previous fit, with ``epochs``
        more. On the same data it holds out the same samples for validation; the best
        epoch is chosen among the new ones.
    max_time : float or None, default=None
        Seconds after which no further epoch begins; ``None`` sets no limit. Only used
        by ``fit``.
    on_interrupt : {"raise", "keep"}, default="raise"
        What Ctrl-C does during ``fit``, after the first epoch: ``"raise"`` leaves the
        estimator as it was before; ``"keep"`` keeps the weights of the best epoch so
        far and warns. The best epoch has the lowest training loss, or with
        ``early_stopping`` the best monitored loss or score.
    verbose : int, default=0
        0 is silent; 1 redraws a bar of the epochs with the loss; 2 prints a line for
        each epoch, as does 1 where output goes to a file.
    callbacks : keras.callbacks.Callback, list of them or None, default=None
        Called during training as by ``keras.Model.fit``. They may change weights, the
        learning rate and ``stop_training``. A callback that needs every batch slows
        training to the speed of ``keras.Model.fit``.
    random_state : int, RandomState instance or None, default=None
        Seed of the fit. Initial weights, the validation split, the order of samples and
        dropout draw from separate child streams of it. Equal seeds give equal bits.
        ``None`` takes a seed from the operating system, and leaves NumPy's global state
        alone.

    Attributes
    ----------
    pixel_scale_ : float
        What the features are divided by: 255.0 if the training samples were pixels as
        stored (no value negative, one beyond 1), else 1.0.
    classes_ : ndarray of shape (n_classes,)
        The labels seen in ``fit``, sorted; ``0…n_classes-1`` for one-hot rows.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Kernels, from the first hidden layer to the output layer.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, in the same order.
    n_layers_ : int
        Layers, counting the features and the outputs.
    n_outputs_ : int
        Units of the output layer: 1 for two classes.
    n_parameters_ : int
        Weights and biases in all.
    out_activation_ : str
        Activation of the output layer: ``"softmax"``, or ``"logistic"`` for two
        classes.
    loss_ : float
        Training loss of the last epoch, with the penalty, in nats.
    loss_curve_ : list of float
        Training loss of each epoch.
    best_loss_ : float
        The least of ``loss_curve_``.
    n_iter_ : int
        Epochs that the last ``fit`` trained.
    best_epoch_ : int
        Epoch, counted from 1, whose weights are kept: the last one, or with
        ``early_stopping``, and after Ctrl-C, the best. Without ``warm_start`` it is the
        number of ``epochs`` to train with on all the data.
    history_ : dict of str to list of float
        What Keras records of each epoch: ``"loss"``, ``"accuracy"``, and with
        validation data ``"val_loss"`` and ``"val_accuracy"``, and ``"val_score"`` where
        ``monitor`` names a score.
    validation_loss_curve_ : list of float or None
        Loss on the validation data after each epoch, in nats.
    validation_scores_ : list of float or None
        Score on the validation data after each epoch: the accuracy, or what
        ``monitor`` names.
    model_ : keras.Model
        Keras model of the fitted network, made when asked for.
    n_features_in_ : int
        Features seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where ``X`` had names that are all strings.

    See Also
    --------
    DenseClassifier : The same without the care for pixels, and other defaults.
    skmlp.datasets.load_mnist : The whole of MNIST, without a download.
    skmlp.model_selection.compare_architectures : Compare networks, with reasons.

    Notes
    -----
    Whether pixels are divided by 255 is decided once, in ``fit``, and holds for every
    prediction; images that are all black leave it to those that training continues
    with. Pixels that were scaled to 0…1 or centred before, by 255 or by a scaler
    in a pipeline, are left alone. Samples to predict, or to continue training with,
    whose pixels are plainly on another scale than those of ``fit`` are taken as they
    are, with a warning. Images may have an axis of one channel.

    References
    ----------
    .. [1] N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
       Overfitting", 2014.
    .. [2] S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network
       Training by Reducing Internal Covariate Shift", 2015.
    .. [3] Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning
       Applied to Document Recognition", 1998.

    Examples
    --------
    >>> from skmlp import DenseMNISTClassifier
    >>> from skmlp.datasets import load_mnist
    >>> images, labels = load_mnist(return_X_y=True, as_images=True)
    >>> clf = DenseMNISTClassifier((32, 16), epochs=1, random_state=0)
    >>> clf = clf.fit(images[:1000], labels[:1000])
    >>> clf.n_parameters_
    25818
    >>> clf.predict_proba(images[:3]).shape
    (3, 10)
    """

    _parameter_constraints: dict = {
        row.name: [*row.constraints] for row in parameters_of("DenseMNISTClassifier")
    }

    _takes_indicators = False  # one-hot rows of digits may be whole numbers

    @advising
    def __init__(
        self,
        hidden_layer_sizes=(32, 16),
        *,
        activation="relu",
        dropout=0.0,
        batch_norm=False,
        optimizer="sgd",
        learning_rate="auto",
        momentum="auto",
        alpha=0.0,
        batch_size=128,
        epochs=20,
        tol=None,
        n_iter_no_change=10,
        early_stopping=False,
        validation_fraction=0.1,
        monitor="loss",
        class_weight=None,
        label_smoothing=0.0,
        shuffle=True,
        warm_start=False,
        max_time=None,
        on_interrupt="raise",
        verbose=0,
        callbacks=None,
        random_state=None,
    ):
        super().__init__(
            hidden_layer_sizes,
            activation=activation,
            dropout=dropout,
            batch_norm=batch_norm,
            optimizer=optimizer,
            learning_rate=learning_rate,
            momentum=momentum,
            alpha=alpha,
            batch_size=batch_size,
            epochs=epochs,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            monitor=monitor,
            class_weight=class_weight,
            label_smoothing=label_smoothing,
            shuffle=shuffle,
            warm_start=warm_start,
            max_time=max_time,
            on_interrupt=on_interrupt,
            verbose=verbose,
            callbacks=callbacks,
            random_state=random_state,
        )

    def __sklearn_tags__(self):
        """Return scikit-learn's tags: images are accepted beside rows.

        The notebook's 20 epochs of plain SGD are too few steps for the 300 samples on
        which scikit-learn measures whether defaults score well, hence ``poor_score``.
        """
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.classifier_tags.poor_score = True
        return tags

    def _as_rows(self, X):
        if hasattr(X, "columns"):  # a frame has one row per sample
            return X
        images = X if hasattr(X, "ndim") else np.asarray(X)
        if images.ndim == 4 and 1 not in (images.shape[1], images.shape[3]):
            raise ValueError(
                "Images need one channel. Got an array of shape "
                f"{tuple(images.shape)}. Make them grey: X.mean(axis=-1) where the "
                "channels come last."
            )
        if images.ndim not in (3, 4):
            return X
        # From (n_samples, height, width), with an axis of one channel or without.
        return np.reshape(images, (len(images), -1))

    def _learn_features(self, X, *, continues):
        # Images that were all black, as they are on any scale, leave it to these.
        were_black = continues and self._brightness == (0, 0)
        if continues and not were_black:
            _warn_of_scale(X, self._brightness)
            return self._network.input_divisor, {}
        low, high = X.min(), X.max()
        with np.errstate(over="ignore"):
            mean = X.mean()
        scale = 255.0 if low >= 0 and high > _UNIT else 1.0
        return scale, {
            "pixel_scale_": scale,
            "_brightness": (float(high), float(mean)) if low >= 0 else None,
        }

    def _features_of_mlp(self):
        return 1.0, {"pixel_scale_": 1.0, "_brightness": None}

    def _validate_X(self, X, name="X", **learned):
        X = super()._validate_X(X, name, **learned)
        brightness = learned["_brightness"] if learned else self._brightness
        _warn_of_scale(X, brightness)
        return X


def _warn_of_scale(X, brightness):
    """Warn of pixels that are plainly on another scale than those of fit."""
    some = X[:_SCALE_ROWS]
    if brightness and all(brightness) and some.min() >= 0:
        # Both: a dark image has a small mean, and a stray pixel is bright.
        ratios = np.array([some.max(), some.mean()]) / brightness
        ratio = ratios[0]
        if (ratios > _SCALE_RATIO).all() or (
            (ratios < 1 / _SCALE_RATIO).all() and ratio > 0
        ):
            warn(
                "Pixels need the scale they had in fit. Got values up to "
                f"{some.max():.4g}, where fit saw {brightness[0]:.4g}. "
                f"{'Divide' if ratio > 1 else 'Multiply'} X by 255."
            )
