"""The estimator for images of digits, and the notebook's networks."""

from __future__ import annotations

import warnings

import numpy as np

from skmlp._estimators import DenseClassifier

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
        Activation of the hidden layers, one for all or one for each: Keras' name, such
        as ``"relu"``, ``"tanh"``, ``"gelu"`` or ``"silu"``, or a function that works on
        NumPy arrays as on Keras' tensors. scikit-learn's ``"identity"`` and
        ``"logistic"`` are ``"linear"`` and ``"sigmoid"``. Only used when there are
        hidden layers.
    dropout : float or list of float, default=0.0
        Share of the units of the hidden layers that is dropped at each gradient step,
        one for all or one for each [1]_. Only used when there are hidden layers.
    batch_norm : bool, default=False
        Whether the hidden layers are normalised before their activation, with means
        and variances of the batch in training [2]_, which are then worked into
        ``coefs_`` and ``intercepts_``. Only used when there are hidden layers.
    optimizer : str or keras.optimizers.Optimizer, default="sgd"
        Keras' name of the optimizer, or an instance, of which every fit uses a copy.
        ``"lbfgs"`` is SciPy's L-BFGS-B on all samples at once, for small data: an epoch
        is an iteration, and ``tol`` is the largest entry of the gradient to end at.
    learning_rate : float, str or keras LearningRateSchedule, default="auto"
        Length of a gradient step. ``"auto"`` is the optimizer's own: 0.001 for
        ``"adam"``, 0.01 for ``"sgd"``, or what an instance was made with. ``"cosine"``
        leads it from there to zero along half a cosine over all gradient steps of the
        fit, ``"onecycle"`` first to ten times as much, for 30 % of the steps. Not used
        by ``optimizer="lbfgs"``.
    momentum : float in [0, 1) or "auto", default="auto"
        Share of the last step that is taken again. ``"auto"`` is the optimizer's own: 0
        for ``"sgd"`` and ``"rmsprop"``, 0.95 for ``"muon"``, or what an instance was
        made with. Only used by these three.
    alpha : float, default=0.0
        Strength of the L2 penalty on the kernels, as in scikit-learn; biases are free.
    batch_size : int or "auto", default=128
        Samples per gradient step, at most all of them. ``"auto"`` is
        ``min(200, n_samples)``. Not used by ``optimizer="lbfgs"``.
    epochs : int, default=20
        Passes over the training data; with ``tol``, the most there can be. Only used by
        ``fit``, and by the schedules by name.
    tol : float or None, default=None
        Improvement below which an epoch counts as no improvement: of the training loss,
        or with ``early_stopping`` of what is monitored, in its unit. ``None`` trains
        all epochs; with ``early_stopping`` it is 0. Only used by ``fit``.
    n_iter_no_change : int, default=10
        Epochs in a row without improvement that are allowed. Only used when
        ``early_stopping=True``, or ``tol`` is not None and ``optimizer`` is not
        ``"lbfgs"``.
    early_stopping : bool, default=False
        Whether training ends when it no longer improves what it does on validation
        data, and the weights of the best epoch are kept.
    validation_fraction : float, default=0.1
        Share of the samples that is held out for validation, in which the classes keep
        their shares. Only used when ``early_stopping=True`` and ``fit`` gets no
        ``X_val``.
    monitor : str or callable, default="loss"
        What is watched on validation data: ``"loss"``, or a scorer of scikit-learn by
        name or as a callable ``scorer(estimator, X, y)``, which takes ``sample_weight``
        too where there are weights. Only used when there are validation data.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied into the sample weights, of samples that are
        held out for validation too. ``"balanced"`` weighs a class by the inverse of its
        frequency; ``None`` weighs all alike.
    shuffle : bool, default=True
        Whether each epoch takes the samples in a new order. Not used by
        ``optimizer="lbfgs"``.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights of the last fit, with ``epochs`` more.
        From equal data it holds the same samples out for validation; the best epoch is
        looked for among the new ones.
    max_time : float or None, default=None
        Seconds after which no further epoch begins. Only used by ``fit``.
    on_interrupt : {"raise", "keep"}, default="raise"
        What Ctrl-C does during ``fit``, after the first epoch: leave the estimator as
        it was before, or keep the weights of the best epoch so far and warn. Best is
        what has the least training loss, or with ``early_stopping`` what is monitored.
    verbose : int, default=0
        0 is silent; 1 shows a bar of the epochs with the loss, on a line that is
        redrawn; 2 shows a line for each epoch, as does 1 where output goes to a file.
    callbacks : list of keras.callbacks.Callback, default=None
        Called during training as by ``keras.Model.fit``. One that needs single batches
        makes training as slow as there.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights and shuffling. Equal seeds give equal bits. ``None`` takes
        a seed from the operating system, and leaves NumPy's global state alone.

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
    prediction. Pixels that were scaled to 0…1 or centred before, by 255 or by a scaler
    in a pipeline, are left alone. Samples to predict whose pixels are plainly on
    another scale than those of ``fit`` are predicted as they are, with a warning.

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

    _takes_indicators = False  # one-hot rows of digits may be whole numbers

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
        images = X if hasattr(X, "ndim") else np.asarray(X)
        if images.ndim != 3:
            return X
        return np.reshape(images, (len(images), -1))  # from (n_samples, height, width)

    def _input_divisor(self, X):
        low, high = X.min(), X.max()
        self.pixel_scale_ = 255.0 if low >= 0 and high > _UNIT else 1.0
        with np.errstate(over="ignore"):
            mean = X.mean()
        self._brightness = (float(high), float(mean)) if low >= 0 else None
        return self.pixel_scale_

    def _validate_X(self, X):
        X = super()._validate_X(X)
        some = X[:_SCALE_ROWS]
        if self._brightness and all(self._brightness) and some.min() >= 0:
            # Both: a dark image has a small mean, and a stray pixel is bright.
            ratios = np.array([some.max(), some.mean()]) / self._brightness
            ratio = ratios[0]
            if (ratios > _SCALE_RATIO).all() or (
                (ratios < 1 / _SCALE_RATIO).all() and ratio > 0
            ):
                warnings.warn(
                    "Pixels need the scale they had in fit. Got values up to "
                    f"{some.max():.4g}, where fit saw {self._brightness[0]:.4g}. "
                    f"{'Divide' if ratio > 1 else 'Multiply'} X by 255.",
                    UserWarning,
                    stacklevel=4,
                )
        return X
