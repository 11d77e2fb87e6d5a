"""What a fitted network is asked: hidden features above all."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import expit, softmax
from sklearn import config_context
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor, _forward
from skmlp.datasets import load_mnist


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(scope="module")
def clf(iris):
    clf = DenseClassifier(
        (5, 3), activation=["tanh", "sigmoid"], epochs=3, tol=None, random_state=0
    )
    return clf.fit(*iris)


# Hidden features


def test_transform_is_what_arithmetic_by_hand_gives(iris, clf):
    X, _ = iris
    first = np.tanh(X @ clf.coefs_[0] + clf.intercepts_[0])
    second = expit(first @ clf.coefs_[1] + clf.intercepts_[1])

    assert_allclose(clf.transform(X), second)
    assert_allclose(clf.hidden_activations(X, 1), first)
    assert_allclose(clf.hidden_activations(X, 2), second)


def test_output_layer_makes_probabilities_of_the_hidden_features(iris, clf):
    X, _ = iris

    logits = clf.transform(X) @ clf.coefs_[-1] + clf.intercepts_[-1]

    assert_allclose(softmax(logits, axis=1), clf.predict_proba(X))


@pytest.mark.parametrize("layer", [-3, -2, -1, 0, 1, 2])
def test_layers_are_numbered_as_the_kernels_that_multiply_them(layer, iris, clf):
    activations = clf.hidden_activations(iris[0], layer)

    assert activations.shape == (150, clf.coefs_[layer].shape[0])
    assert_array_equal(activations, clf.hidden_activations(iris[0], layer % 3))


@pytest.mark.parametrize("layer", [3, -4, 1.0, "hidden_1"])
def test_layer_that_is_not_there_is_refused(layer, iris, clf):
    with pytest.raises(
        ValueError, match=rf"from -3 to 2, with 2 hidden layers\. Got {layer!r}\."
    ):
        clf.hidden_activations(iris[0], layer)


def test_without_hidden_layers_the_features_are_given_to_the_output_layer(iris):
    X, y = iris
    linear = DenseClassifier((), epochs=2, tol=None).fit(X, y)

    assert_array_equal(linear.transform(X), X)
    assert_allclose(
        softmax(linear.transform(X) @ linear.coefs_[0] + linear.intercepts_[0], axis=1),
        linear.predict_proba(X),
    )


def test_batch_normalisation_is_in_the_hidden_features(iris):
    X, y = iris
    clf = DenseClassifier((5,), batch_norm=True, epochs=3, tol=None).fit(X, y)

    logits = clf.transform(X) @ clf.coefs_[-1] + clf.intercepts_[-1]

    assert_allclose(softmax(logits, axis=1), clf.predict_proba(X))


def test_regressor_transforms_too():
    X, y = load_diabetes(return_X_y=True)
    reg = DenseRegressor((7,), epochs=2, tol=None).fit(X, y)

    assert_allclose(
        (reg.transform(X) @ reg.coefs_[-1] + reg.intercepts_[-1])[:, 0], reg.predict(X)
    )


@pytest.mark.parametrize("hidden_layer_sizes", [(), (5,)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_type_of_the_features_is_kept(dtype, hidden_layer_sizes, iris):
    X, y = iris[0].astype(dtype), iris[1]
    clf = DenseClassifier(hidden_layer_sizes, epochs=2, tol=None)

    assert clf.fit_transform(X, y).dtype == dtype


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_sparse_features_and_chunks_change_nothing(layer, iris, clf, monkeypatch):
    X = np.where(iris[0] > 0, iris[0], 0)
    expected = clf.hidden_activations(X, layer)

    monkeypatch.setattr(_forward, "_CHUNK_ROWS", 64)
    activations = clf.hidden_activations(csr_array(X), layer)

    assert isinstance(activations, np.ndarray)
    assert_allclose(activations, expected, rtol=1e-12)


def test_images_and_pixels_are_transformed_as_in_fit():
    images, labels = load_mnist(return_X_y=True, as_images=True)
    images, labels = images[:200], labels[:200]
    clf = DenseMNISTClassifier(epochs=1, random_state=0).fit(images, labels)

    features = clf.transform(images)

    assert features.shape == (200, 16)
    assert features.dtype == np.float32
    pixels = images.reshape(200, -1).astype(np.float32) / 255
    assert_array_equal(clf.hidden_activations(images, 0), pixels)
    first = np.maximum(pixels @ clf.coefs_[0] + clf.intercepts_[0], 0)
    second = np.maximum(first @ clf.coefs_[1] + clf.intercepts_[1], 0)
    assert_allclose(features, second, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", ["transform", "hidden_activations"])
def test_unfitted_network_has_no_features(method, iris):
    with pytest.raises(NotFittedError):
        getattr(DenseClassifier(), method)(iris[0])


@pytest.mark.parametrize("method", ["transform", "hidden_activations"])
def test_wrong_number_of_features_is_refused(method, iris, clf):
    with pytest.raises(ValueError, match="X has 2 features"):
        getattr(clf, method)(iris[0][:, :2])


# In scikit-learn's compositions


def test_feature_names_tell_the_class_and_the_unit(clf):
    names = ["denseclassifier0", "denseclassifier1", "denseclassifier2"]

    assert clf.get_feature_names_out().tolist() == names
    with pytest.raises(NotFittedError):
        DenseClassifier().get_feature_names_out()


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_set_output_makes_frames(container, iris):
    frames = pytest.importorskip(container)
    X = frames.DataFrame({name: iris[0][:, i] for i, name in enumerate("abcd")})
    net = DenseClassifier((2,), epochs=2, tol=None).set_output(transform=container)

    features = net.fit(X, iris[1]).transform(X)

    assert isinstance(features, frames.DataFrame)
    assert list(features.columns) == ["denseclassifier0", "denseclassifier1"]
    assert_array_equal(features.to_numpy(), net.hidden_activations(X))


def test_frames_keep_their_index(iris):
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(iris[0], index=np.arange(150) + 1000)
    net = DenseClassifier((2,), epochs=2, tol=None).set_output(transform="pandas")

    assert net.fit_transform(X, iris[1]).index.equals(X.index)


def test_classifier_learns_from_hidden_features(iris):
    X, y = iris
    net = DenseClassifier((8,), learning_rate=0.01, epochs=30, tol=None, random_state=0)

    pipeline = make_pipeline(net, LogisticRegression()).fit(X, y)

    assert pipeline[:-1].transform(X).shape == (150, 8)
    assert pipeline.score(X, y) > 0.93


def test_hidden_features_stand_beside_others(iris):
    X, y = iris
    net = DenseClassifier((3,), epochs=2, tol=None)

    union = make_union(StandardScaler(), net).fit(X, y)

    assert union.transform(X).shape == (150, 4 + 3)
    assert union.get_feature_names_out([*"abcd"])[-1] == (
        "denseclassifier__denseclassifier2"
    )


def test_column_transformer_makes_hidden_features_of_columns(iris):
    X, y = iris
    net = DenseClassifier((3,), epochs=2, tol=None)

    columns = make_column_transformer((net, [0, 1]), ("passthrough", [3])).fit(X, y)

    assert columns.transform(X).shape == (150, 3 + 1)
    assert columns.named_transformers_["denseclassifier"].n_features_in_ == 2


def test_fit_transform_hands_on_what_fit_takes(iris):
    X, y = iris
    weight = np.linspace(1, 3, len(y))
    net = DenseClassifier((3,), epochs=2, tol=None, random_state=0)

    features = net.fit_transform(X, y, sample_weight=weight, X_val=X, y_val=y)

    assert len(net.validation_scores_) == 2
    assert_array_equal(features, net.fit(X, y, weight).transform(X))
    assert not np.array_equal(features, net.fit(X, y).transform(X))


def test_routing_leads_metadata_to_a_network_that_makes_features(iris):
    X, y = iris
    weight = np.linspace(1, 3, len(y))
    net = DenseClassifier((3,), epochs=2, tol=None, random_state=0)
    expected = net.fit(X, y, weight).transform(X)

    with config_context(enable_metadata_routing=True):
        pipeline = Pipeline(
            [
                ("scaler", StandardScaler().set_fit_request(sample_weight=False)),
                (
                    "net",
                    net.set_fit_request(sample_weight=True, X_val=True, y_val=True),
                ),
                ("lr", LogisticRegression().set_fit_request(sample_weight=False)),
            ],
            transform_input=["X_val"],
        )
        pipeline.fit(X, y, sample_weight=weight, X_val=X, y_val=y)

    assert len(pipeline["net"].validation_scores_) == 2
    assert_allclose(pipeline[:-1].transform(X), expected, rtol=1e-6)


# Without Keras


def test_features_and_attributes_are_there_without_keras(clf, iris, tmp_path):
    file = tmp_path / "clf.pickle"
    file.write_bytes(pickle.dumps((clf, iris[0])))
    program = f"""
import pickle, sys
clf, X = pickle.load(open({str(file)!r}, "rb"))
clf.transform(X)
assert {{"model_", "coefs_", "transform", "partial_fit"}} <= set(dir(clf))
clf._repr_html_()
assert not {{"keras", "tensorflow"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_dir_lists_what_there_is(clf):
    assert "model_" not in dir(DenseClassifier())
    assert "partial_fit" not in dir(DenseClassifier(optimizer="lbfgs"))
    assert clf.model_.count_params() == clf.n_parameters_
