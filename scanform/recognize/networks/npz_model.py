"""Small fitted models: weights from an NPZ beside the code, applied with numpy.

A few networks with one hidden layer of tanh units each give class probabilities, which are averaged and scaled by one
fitted temperature (Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599). Features outside the
range seen in training cap the probability.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import zip_longest

import cv2
import numpy as np

from scanform.errors import InternalError, Words
from scanform.imaging.page_image import Singles

STRANGE_CAP = 0.90
"""Maximum confidence for a box unlike any in training: below every acceptance threshold in use, so it is reviewed."""


_NOTHING = np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Weights of M networks: features -> (x - mean) / spread -> tanh hidden layer (M, F, H) -> classes (M, H, C); their
    outputs are averaged.

    `low`, `high` bound the range seen in training (F,). For each of S strata, `scaling` (S, 2) corrects the highest
    probability, `clear` (S,) is the minimum confidence that needs no review, and `clear_inked` (S,) the same if only
    "empty or not" is asked; see `strata`.
    """

    features: tuple[str, ...]
    classes: tuple[str, ...]
    mean: Singles
    spread: Singles
    low: Singles
    high: Singles
    hidden: Singles
    hidden_bias: Singles
    out: Singles
    out_bias: Singles
    temperature: float
    scaling: Singles
    clear: Singles
    clear_inked: Singles


_ARRAYS = (
    "mean",
    "spread",
    "low",
    "high",
    "hidden",
    "hidden_bias",
    "out",
    "out_bias",
    "scaling",
    "clear",
    "clear_inked",
)


@cache
def load(name: str, columns: tuple[str, ...]) -> Network:
    """The model `models/<name>.npz` for rows with these columns; read once per process.

    Raises InternalError if it was fitted on other columns or another order: every probability would be wrong without
    looking wrong.
    """
    network = _read(name)
    if network.features != columns:
        number, fitted, given = next(
            (number, *pair)
            for number, pair in enumerate(zip_longest(network.features, columns, fillvalue="-"), start=1)
            if pair[0] != pair[1]
        )
        params = (("model", f"{name}.npz"), ("number", number), ("fitted", fitted), ("given", given))
        raise InternalError(
            Words(key="model.other_columns", params=params), remedy=Words(key="model.other_columns_remedy")
        )
    return network


def _read(name: str) -> Network:
    with (
        resources.files("scanform.recognize").joinpath("models", f"{name}.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as data,
    ):
        return Network(
            features=tuple(str(item) for item in data["features"]),
            classes=tuple(str(item) for item in data["classes"]),
            temperature=float(data["temperature"]),
            **{key: data[key].astype(np.float32) for key in _ARRAYS},
        )


def probabilities(network: Network, features: Singles) -> Singles:
    """Class probabilities (N, C) of features (N, F); rows outside the training range are capped at `STRANGE_CAP`."""
    if len(features) == 0:
        return np.zeros((0, len(network.classes)), np.float32)
    scaled = np.clip((features - network.mean) / network.spread, -8, 8).astype(np.float32)
    result = np.mean([_member(network, scaled, number) for number in range(len(network.hidden))], axis=0)
    return np.where(strange(network, features)[:, None], _capped(result), result).astype(np.float32)


def _product(rows: Singles, weights: Singles) -> Singles:
    return np.asarray(cv2.gemm(rows, weights, 1, _NOTHING, 0), dtype=np.float32)


def _member(network: Network, scaled: Singles, number: int) -> Singles:
    """Class probabilities of one network; the products are OpenCV's, because numpy's would start BLAS threads."""
    hidden = np.tanh(_product(scaled, network.hidden[number]) + network.hidden_bias[number])
    logits = (_product(hidden, network.out[number]) + network.out_bias[number]) / network.temperature
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


def strange(network: Network, features: Singles) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Which rows have a feature outside the range of the training pages."""
    return np.asarray(((features < network.low) | (features > network.high)).any(axis=1), dtype=np.bool_)


def _capped(rows: Singles) -> Singles:
    """The same rows, drawn towards the uniform distribution until none exceeds the cap."""
    top = rows.max(axis=1, keepdims=True)
    even = np.float32(1 / rows.shape[1])
    fraction = np.clip((top - STRANGE_CAP) / np.maximum(top - even, 1e-6), 0, 1)
    return np.asarray(rows * (1 - fraction) + even * fraction, dtype=np.float32)
