"""Frames of pandas and polars: names of features, prediction, validation, errors."""

from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, scale

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor

FAST = {"hidden_layer_sizes": (4,), "epochs": 3, "tol": None, "random_state": 0}
NAMES = list("abcd")


def as_pandas(X):
    return pd.DataFrame(X, columns=NAMES)


def as_polars(X):
    return pl.DataFrame(X, schema=NAMES)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


@pytest.fixture(params=[as_pandas, as_polars], ids=["pandas", "polars"])
def as_frame(request):
    return request.param


def column(frame, name, values, **kwargs):
    """Return a frame with one more column."""
    if isinstance(frame, pd.DataFrame):
        return frame.assign(**{name: pd.Series(values, **kwargs)})
    return frame.with_columns(pl.Series(name, values, **kwargs))


@pytest.mark.parametrize(
    "estimator_class", [DenseClassifier, DenseRegressor, DenseMNISTClassifier]
)
def test_frame_gives_what_its_array_gives(iris, as_frame, estimator_class):
    X, y = iris
    estimator = estimator_class(**FAST)

    array = estimator.fit(X, y).predict(X)
    frame = estimator.fit(as_frame(X), y).predict(as_frame(X))

    assert_array_equal(frame, array)
    assert_array_equal(estimator.feature_names_in_, NAMES)


def test_columns_in_another_order_are_refused(iris, as_frame):
    X, y = iris
    frame = as_frame(X)
    clf = DenseClassifier(**FAST).fit(frame, y)

    with pytest.raises(ValueError, match="feature names should match"):
        clf.predict(frame[NAMES[::-1]])


def test_series_may_be_targets_and_weights(iris, as_frame):
    X, y = iris
    weight = np.arange(1.0, 151)
    as_series = pd.Series if as_frame is as_pandas else pl.Series
    clf = DenseClassifier(**FAST)

    arrays = clf.fit(X, y, weight, X_val=X, y_val=y, sample_weight_val=weight)
    expected = arrays.coefs_[0], arrays.history_
    clf.fit(
        as_frame(X),
        as_series(y),
        as_series(weight),
        X_val=as_frame(X),
        y_val=as_series(y),
        sample_weight_val=as_series(weight),
    )

    assert_array_equal(clf.coefs_[0], expected[0])
    assert clf.history_ == expected[1]


def test_frame_of_indicators_says_which_labels_there_are(iris, as_frame):
    X, y = iris
    indicators = np.eye(4, dtype=int)[y]
    clf = DenseClassifier(**FAST)

    array = clf.fit(X, indicators).coefs_[0]

    assert_array_equal(clf.fit(X, as_frame(indicators)).coefs_[0], array)


def test_text_labels_of_a_series_are_predicted(iris, as_frame):
    X, y = iris
    texts = np.array(["setosa", "versicolor", "virginica"])
    as_series = pd.Series if as_frame is as_pandas else pl.Series
    clf = DenseClassifier(**FAST).fit(X, as_series(texts[y]))

    assert_array_equal(clf.classes_, texts)
    assert 0 <= clf.score(as_frame(X).to_numpy(), as_series(texts[y])) <= 1


def test_validation_frame_has_to_have_the_columns_of_the_training_frame(iris, as_frame):
    X, y = iris
    frame = as_frame(X)

    with pytest.raises(ValueError, match="feature names should match"):
        DenseClassifier(**FAST).fit(frame, y, X_val=frame[NAMES[::-1]], y_val=y)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_frames_that_a_transformer_puts_out_are_taken(iris, output):
    X, y = iris
    pipeline = make_pipeline(
        StandardScaler().set_output(transform=output), DenseClassifier(**FAST)
    ).fit(as_pandas(X), y)

    assert_array_equal(pipeline[-1].feature_names_in_, NAMES)
    assert pipeline.predict_proba(as_pandas(X)).shape == (150, 3)


def test_scaler_reaches_a_validation_frame(iris, as_frame):
    X, y = iris
    frame = as_frame(X * 100 + 5)
    net = DenseClassifier(**FAST)
    with config_context(enable_metadata_routing=True, transform_output="polars"):
        pipeline = Pipeline(
            [
                ("scaler", StandardScaler()),
                ("net", net.set_fit_request(X_val=True, y_val=True)),
            ],
            transform_input=["X_val"],
        ).fit(frame, y, X_val=frame, y_val=y)
        score = pipeline.score(frame, y)

    assert pipeline[-1].validation_scores_[-1] == score


def test_search_splits_frames(iris, as_frame):
    X, y = iris
    search = GridSearchCV(DenseClassifier(**FAST), {"alpha": [0.0, 1.0]}, cv=2)

    assert_array_equal(search.fit(as_frame(X), y).feature_names_in_, NAMES)


def test_columns_that_are_no_numbers_are_named(iris, as_frame):
    X, y = iris
    frame = column(as_frame(X), "colour", ["red", "green"] * 75)
    frame = column(frame, "size", ["S", "M", "L"] * 50)
    clf = DenseClassifier(**FAST)

    with pytest.raises(
        ValueError, match=r"X needs numbers.*columns \['colour', 'size'\]. Encode"
    ):
        clf.fit(frame, y)
    with pytest.raises(ValueError, match=r"columns \['colour', 'size'\]"):
        clf.fit(frame[NAMES], y, X_val=frame, y_val=y)
    with pytest.raises(ValueError, match=r"columns \['colour', 'size'\]"):
        clf.fit(frame[NAMES], y).predict(frame)


@pytest.mark.parametrize(
    "series",
    [
        {"values": ["x", "y"] * 75, "dtype": "category"},
        {"values": ["x", "y"] * 75, "dtype": "string"},
        {"values": ["x", 1] * 75, "dtype": object},
        {"values": [1 + 2j] * 150},
    ],
    ids=["category", "string", "object", "complex"],
)
def test_column_of_pandas_that_is_no_number_is_named(iris, series):
    X, y = iris
    frame = column(as_pandas(X), "other", **series)

    with pytest.raises(ValueError, match=r"other values in the columns \['other'\]"):
        DenseClassifier(**FAST).fit(frame, y)


@pytest.mark.parametrize(
    "series",
    [
        {"values": ["x", "y"] * 75, "dtype": pl.Categorical},
        {"values": ["x", "y"] * 75, "dtype": pl.Enum(["x", "y"])},
        {"values": [b"x"] * 150},
    ],
    ids=["category", "enum", "bytes"],
)
def test_column_of_polars_that_is_no_number_is_named(iris, series):
    X, y = iris
    frame = column(as_polars(X), "other", **series)

    with pytest.raises(ValueError, match=r"other values in the columns \['other'\]"):
        DenseClassifier(**FAST).fit(frame, y)


@pytest.mark.parametrize(
    "series",
    [
        {"values": [1, 2] * 75, "dtype": "category"},
        {"values": [1, 2] * 75, "dtype": object},
        {"values": [1, 2] * 75, "dtype": "Int64"},
        {"values": [True, False] * 75, "dtype": "boolean"},
    ],
    ids=lambda series: str(series["dtype"]),
)
def test_column_of_pandas_that_holds_numbers_is_taken(iris, series):
    X, y = iris
    frame = column(as_pandas(X), "other", **series)
    clf = DenseClassifier(**FAST).fit(frame, y)

    array = np.c_[X, np.array(series["values"], float)]
    assert_array_equal(clf.fit(array, y).coefs_[0], clf.fit(frame, y).coefs_[0])


def test_missing_values_of_a_frame_are_refused(iris, as_frame):
    X, y = iris
    frame = column(as_frame(X), "other", [1.0, None] * 75)

    with pytest.raises(
        ValueError, match=r"missing values in the columns \['other'\]. Fill"
    ):
        DenseClassifier(**FAST).fit(frame, y)


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([1, None] * 75, dtype="Int64"),
        pd.Series([1.0, None] * 75, dtype="Float64"),
        pd.Series([True, None] * 75, dtype="boolean"),
        pd.Series([1, pd.NA] * 75, dtype=object),
        pl.Series([1, None] * 75),
        pl.Series([True, None] * 75),
        pl.Series([None] * 150),
    ],
    ids=lambda series: f"{type(series).__module__.split('.')[0]} {series.dtype}",
)
def test_nullable_column_with_missing_values_is_named(iris, series):
    X, y = iris
    as_frame = as_pandas if isinstance(series, pd.Series) else as_polars

    # Alone, polars makes objects of it.
    for frame in (column(as_frame(X), "other", series), series.to_frame("other")):
        with pytest.raises(
            ValueError, match=r"Got missing values in the columns \['other'\]. Fill"
        ):
            DenseClassifier(**FAST).fit(frame, y)


def test_each_kind_of_column_is_told_what_to_do(iris, as_frame):
    X, y = iris
    frame = column(as_frame(X), "hole", [1.0, None] * 75)
    frame = column(frame, "colour", ["red", "green"] * 75)
    frame = column(frame, "day", [datetime(2026, 1, 1)] * 150)

    with pytest.raises(
        ValueError, match=r"\['day'\]. Make.*\['hole'\]. Fill.*\['colour'\]. Encode"
    ):
        DenseClassifier(**FAST).fit(frame, y)


@pytest.mark.parametrize("alone", [False, True], ids=["among numbers", "alone"])
@pytest.mark.parametrize(
    "series",
    [
        pd.Series(np.full(150, "2026-01-01", "datetime64[s]")),
        pd.Series(np.full(150, 5, "timedelta64[s]")),
        pd.Series(pd.date_range("2026", periods=150, tz="UTC")),
        pd.Series(pd.period_range("2026", periods=150)),
        pd.Series([date(2026, 1, 1)] * 150),
        pd.Series([time(1)] * 150),
        pl.Series([date(2026, 1, 1)] * 150),
        pl.Series([datetime(2026, 1, 1)] * 150),
        pl.Series([timedelta(1)] * 150),
        pl.Series([time(1)] * 150),
    ],
    ids=[
        *["pd datetime", "pd timedelta", "pd zone", "pd period", "pd date", "pd time"],
        *["pl date", "pl datetime", "pl duration", "pl time"],
    ],
)
def test_dates_and_times_are_to_be_made_numbers(iris, series, alone):
    X, y = iris
    as_frame = as_pandas if isinstance(series, pd.Series) else as_polars
    others = column(as_frame(X), "other", series)
    frame = series.to_frame("other") if alone else others

    with pytest.raises(
        ValueError, match=r"X needs.*dates or times.*\['other'\]. Make numbers"
    ):
        DenseClassifier(**FAST).fit(frame, y)


@pytest.mark.parametrize("dtype", [pl.Date, pl.Datetime, pl.Duration, pl.Time])
@pytest.mark.parametrize("values", [[], [None] * 150], ids=["empty", "missing"])
def test_dates_and_times_are_known_by_their_type(dtype, values):
    frame = pl.DataFrame({"other": pl.Series(values, dtype=dtype)})

    with pytest.raises(ValueError, match=r"dates or times in the columns \['other'\]"):
        DenseClassifier(**FAST).fit(frame, np.arange(len(values)))


@pytest.mark.parametrize("alone", [False, True], ids=["among numbers", "alone"])
@pytest.mark.parametrize(
    "series",
    [
        pl.Series([[1.0, 2.0]] * 150, dtype=pl.Array(pl.Float64, 2)),
        pl.Series([{"u": 1}] * 150),
        pl.Series([[1, 2]] * 150),
        pd.Series([[1, 2]] * 150),
        pd.Series([{"u": 1}] * 150),
        pd.Series([np.zeros(2)] * 150),
    ],
    ids=["pl.Array", "pl.Struct", "pl.List", "lists", "dicts", "arrays"],
)
def test_values_that_hold_several_are_to_have_columns_of_their_own(iris, series, alone):
    X, y = iris
    as_frame = as_pandas if isinstance(series, pd.Series) else as_polars
    others = column(as_frame(X), "other", series)
    frame = series.to_frame("other") if alone else others

    with pytest.raises(
        ValueError, match=r"several values a row in the columns \['other'\]. Give each"
    ):
        DenseClassifier(**FAST).fit(frame, y)


@pytest.mark.parametrize("place", ["X_val", "predict", "partial_fit"])
def test_column_that_is_missing_is_named_whatever_the_others_hold(
    iris, as_frame, place
):
    X, y = iris
    frame = as_frame(X)
    other = column(frame[NAMES[1:]], "colour", ["red", "green"] * 75)
    clf = DenseClassifier(**FAST).partial_fit(frame, y, classes=[0, 1, 2])
    give = {
        "X_val": lambda: clf.fit(frame, y, X_val=other, y_val=y),
        "predict": lambda: clf.predict(other),
        "partial_fit": lambda: clf.partial_fit(other, y),
    }

    with pytest.raises(ValueError, match=r"(?s)now missing:\s*- a"):
        give[place]()


@pytest.mark.parametrize(
    "dtype", ["Int64", "UInt8", "boolean", "Float64", "object", "category", "mixed"]
)
def test_table_means_what_its_plain_form_means(iris, dtype):
    X, y = iris
    plain = np.eye(3, dtype=float if dtype == "Float64" else int)[y]
    table = pd.DataFrame(plain).astype({0: "Int64"} if dtype == "mixed" else dtype)
    clf = DenseClassifier(**FAST)

    expected = clf.fit(X, plain, X_val=X, y_val=plain).history_

    assert clf.fit(X, table, X_val=X, y_val=table).history_ == expected
    assert clf.score(X, table) == clf.score(X, plain)
    assert clf.predict(X).shape == ((150,) if dtype == "Float64" else (150, 3))
    assert_array_equal(
        DenseClassifier(**FAST).partial_fit(X, table).coefs_[0],
        DenseClassifier(**FAST).partial_fit(X, plain).coefs_[0],
    )


@pytest.mark.parametrize("dtype", ["Int64", "UInt8", "boolean"])
def test_labels_are_of_the_type_that_their_plain_form_has(iris, dtype):
    X, y = iris
    labels = pd.Series(y > 0, dtype=dtype)
    clf = DenseClassifier(**FAST).fit(X, labels)

    partial = DenseClassifier(**FAST).partial_fit(X, labels, classes=labels.unique())

    assert clf.classes_.dtype == partial.classes_.dtype == labels.dtype.numpy_dtype
    assert clf.predict(X).dtype == labels.dtype.numpy_dtype


def test_encoder_makes_a_frame_of_texts_learnable(iris, as_frame):
    X, y = iris
    frame = column(as_frame(X), "colour", ["red", "green"] * 75)
    encode = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["colour"]), remainder="passthrough"
    )

    pipeline = make_pipeline(encode, DenseClassifier(**FAST)).fit(frame, y)

    assert pipeline[-1].n_features_in_ == 6
