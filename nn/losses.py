"""Losses of one sample, and their mean or sum over a batch.

Each takes what the network gave and what it should have given, numbers or Values, and gives one
number or Value. Those of a probability come in two forms: on the probability, as the lectures
write them, and on the logit before sigmoid or softmax, which never loses digits and never asks
for log 0. Train on the second form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import fsum, isclose
from typing import Any

from autograd import Value, abs, cross_entropy, dot, exp, log, pow, relu, softplus, sum, take, where

from .data import numbers
from .nested import plain
from .settings import shorten

__all__ = [
    "LOSSES",
    "absolute_error",
    "binary_cross_entropy",
    "class_of",
    "cross_entropy",
    "exponential",
    "find_loss",
    "hinge",
    "l2_penalty",
    "logarithmic",
    "logistic",
    "over_batch",
    "probability_cross_entropy",
    "squared_error",
    "svm",
    "threshold_of",
    "zero_one",
]

# ---------------------------------------------------------------------- regression


def squared_error(f: Any, y: Any) -> Any:
    """Give (y - f)², or ‖y - f‖² for lists.

    Raises:
        ValueError: the lists differ in length.

    >>> squared_error(3.0, 5.0), squared_error([1.0, 2.0], [0.0, 4.0])
    (4.0, 5.0)
    """
    return _total([pow(fi - yi, 2) for fi, yi in _paired(f, y, "squared_error")])


def absolute_error(f: Any, y: Any) -> Any:
    """Give |y - f|, or Σ |yᵢ - fᵢ| for lists.

    >>> absolute_error(3.0, 5.0)
    2.0
    """
    return _total([abs(fi - yi) for fi, yi in _paired(f, y, "absolute_error")])


# ---------------------------------------------------------------------- two classes


def hinge(f: Any, y: Any) -> Any:
    """Give max(0, 1 - y·f) for a score f and a class y = ±1.

    Raises:
        ValueError: y is another number.

    >>> hinge(0.25, 1), hinge(0.25, -1), hinge(2.0, 1)
    (0.75, 1.25, 0.0)
    """
    return relu(1 - _sign(y, "hinge") * _single(f, "hinge"))


def exponential(f: Any, y: Any) -> Any:
    """Give exp(-y·f) for a score f and a class y = ±1.

    Raises:
        ValueError: y is another number.

    >>> exponential(0.0, 1)
    1.0
    """
    return exp(-_sign(y, "exponential") * _single(f, "exponential"))


def logistic(z: Any, y: Any) -> Any:
    """Give -y·log ŷ - (1 - y)·log(1 - ŷ) for the logit z of ŷ = sigmoid(z).

    Written with -log sigmoid(z) = softplus(-z), and so accurate however sure the network is.

    Args:
        z: the logit, one number or Value; or one for each of several labels, which a sample may
            have or not (multi-label), for the sum of their losses.
        y: the class, 0 or 1, or the probability of class 1; or one for each label.

    Raises:
        ValueError: y is no such number, or the lists differ in length.

    >>> round(logistic(0.0, 1), 6), logistic(1000.0, 0), logistic(1000.0, 1)
    (0.693147, 1000.0, 0.0)
    >>> logistic([1000.0, -1000.0, 1000.0], [0, 0, 1])
    1000.0
    """
    return _total([_logistic(zi, yi) for zi, yi in _paired(z, y, "logistic")])


def _logistic(z: Any, y: Any) -> Any:
    y = _share(y, "logistic")
    if not isinstance(y, Value) and y in (0, 1):  # no 0·∞ where the network is sure
        return softplus(-z) if y else softplus(z)
    return y * softplus(-z) + (1 - y) * softplus(z)


def binary_cross_entropy(p: Any, y: Any) -> Any:
    """Give -y·log ŷ - (1 - y)·log(1 - ŷ) for the probability ŷ = p itself; of lists, the sum.

    Raises:
        ValueError: p is 0 or 1 where its logarithm counts (``logistic`` has no such limit), or
            y is not from 0 to 1.

    >>> round(binary_cross_entropy(0.5, 1), 6)
    0.693147
    """
    pairs = _paired(p, y, "binary_cross_entropy")
    return _total([_binary_cross_entropy(pi, yi) for pi, yi in pairs])


def _binary_cross_entropy(p: Any, y: Any) -> Any:
    y = _share(y, "binary_cross_entropy")
    return where(y, lambda: -y * log(p), 0.0) + where(1 - y, lambda: (y - 1) * log(1 - p), 0.0)


# ---------------------------------------------------------------------- many classes
# cross_entropy, on logits, is autograd's own gate.


def probability_cross_entropy(f: Any, y: Any) -> Any:
    """Give the cross-entropy -Σ yᵢ·log fᵢ for probabilities f, as the lectures write it.

    Args:
        f: the probability of each class.
        y: a probability for each class (one-hot, say), or the index of the class.

    Raises:
        ValueError: f is 0 where its logarithm counts; ``cross_entropy``, on logits, has no
            such limit. Or y are no probabilities.

    >>> round(probability_cross_entropy([0.3, 0.3, 0.4], [0, 0, 1]), 4)
    0.9163
    """
    if not _is_list(y):
        return logarithmic(f, y)
    _check_probabilities(y)
    pairs = _paired(f, y, "probability_cross_entropy")
    return _total([where(yi, lambda fi=fi, yi=yi: -yi * log(fi), 0.0) for fi, yi in pairs])


def logarithmic(f: Any, y: Any) -> Any:
    """Give -log f_y, the logarithmic loss of the probability given to the class that it was.

    Args:
        f: the probability of each class.
        y: the index of the class, or one-hot.

    >>> round(logarithmic([0.3, 0.3, 0.4], 2), 4)
    0.9163
    """
    f = _several(f, "logarithmic")
    _check_one_hot(y)
    return -log(_at_class(f, y))


def svm(s: Any, y: Any) -> Any:
    """Give the multi-class hinge Σ_{j≠y} max(0, s_j - s_y + 1) of the scores s.

    Args:
        s: the score of each class, such as W·x.
        y: the index of the class, or one-hot.

    >>> svm([3.0, 5.0, 2.5], 0)
    3.5
    """
    s = _several(s, "svm")
    _check_one_hot(y)
    s_y = _at_class(s, y)
    if _is_placeholder(y):
        return sum(relu(sj - s_y + 1) for sj in s) - 1  # for j = y it is relu(1)
    k = class_of(y, len(s))
    return sum(relu(sj - s_y + 1) for j, sj in enumerate(s) if j != k)


# ---------------------------------------------------------------------- for reporting


def zero_one(f: Any, y: Any, threshold: float = 0.0) -> float:
    """Give 1.0 if the predicted class is wrong, else 0.0: for reports, it has no gradient.

    A score that is NaN predicts nothing, which is wrong.

    Args:
        f: a score for each class, of which the largest predicts; or a single score, which
            predicts the positive class when it is above the threshold.
        y: the class, or one-hot; for a single score 1 against 0 or -1.
        threshold: 0 for a logit or a hinge score, 0.5 for a probability.

    >>> zero_one([0.2, 0.7, 0.1], 1), zero_one([0.2, 0.7, 0.1], [1, 0, 0]), zero_one(-3.0, 1)
    (0.0, 1.0, 1.0)
    """
    if not _is_list(f):
        f = [f]
    scores = plain(list(f))
    if any(score != score for score in scores):
        return 1.0
    if len(scores) == 1:
        target = y[0] if _is_list(y) else y
        return float((scores[0] > threshold) != (target > 0))
    return float(scores.index(max(scores)) != class_of(y, len(scores)))


# ---------------------------------------------------------------------- penalty, reductions


def l2_penalty(weights: Iterable[Any], strength: float) -> Any:
    """Give λ·‖w‖² for λ = strength, which keeps weights small.

    >>> l2_penalty([3.0, 4.0], 0.1)
    2.5
    """
    weights = list(weights)
    return strength * dot(weights, weights)


def over_batch(
    loss: str | Callable[[Any, Any], Any], fs: Any, ys: Any, reduction: str = "mean"
) -> Any:
    """Give the mean or the sum of a loss over the samples of a batch.

    Args:
        loss: a loss of one sample, or its name.
        fs: what the network gave for each sample.
        ys: what it should have given.
        reduction: "mean" or "sum".

    Raises:
        ValueError: there are not as many targets as predictions, or none.

    >>> over_batch("squared_error", [1.0, 2.0], [0.0, 0.0]), over_batch(hinge, [0.0], [1], "sum")
    (2.5, 1.0)
    """
    loss = find_loss(loss)
    if reduction not in ("mean", "sum"):
        raise ValueError(f"unknown reduction {reduction!r}: write 'mean' or 'sum'")
    if len(fs) != len(ys) or not len(fs):
        raise ValueError(f"over_batch: {len(fs)} predictions for {len(ys)} targets")
    total = sum(loss(f, y) for f, y in zip(fs, ys, strict=True))
    return total / len(fs) if reduction == "mean" else total


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "squared_error": squared_error,
    "absolute_error": absolute_error,
    "hinge": hinge,
    "exponential": exponential,
    "logistic": logistic,
    "binary_cross_entropy": binary_cross_entropy,
    "cross_entropy": cross_entropy,
    "probability_cross_entropy": probability_cross_entropy,
    "logarithmic": logarithmic,
    "svm": svm,
}
"""The losses that go by a name; add yours here to give it one."""

SHORT = {"mse": "squared_error", "mae": "absolute_error", "bce": "binary_cross_entropy"}
"""What else people call them: of lists they are sums here, not means."""


def find_loss(loss: str | Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Give the loss of this name, or the function itself.

    Raises:
        ValueError: no loss has this name.
        TypeError: it is neither a name nor a function.
    """
    if isinstance(loss, str):
        name = SHORT.get(loss, loss)
        if name not in LOSSES:
            raise ValueError(
                f"unknown loss {loss!r}: write a function (prediction, target) of one sample, or "
                f"one of {', '.join([*LOSSES, *SHORT])}"
            )
        return LOSSES[name]
    if not callable(loss):
        raise TypeError(f"a loss is a name or a function (prediction, target), got {loss!r}")
    return loss


def threshold_of(loss: Callable[[Any, Any], Any], ys: Sequence[Any]) -> float:
    """Give the score above which a single output predicts the positive class.

    It is 1/2 for a probability, and 0 for a logit or a hinge score. An output that is trained to
    be the label itself is compared with the middle of the two labels.

    >>> threshold_of(logistic, [0, 1]), threshold_of(binary_cross_entropy, [0, 1])
    (0.0, 0.5)
    >>> threshold_of(squared_error, [0, 1]), threshold_of(squared_error, [-1, 1])
    (0.5, 0.0)
    """
    if loss is binary_cross_entropy:
        return 0.5
    if loss in (squared_error, absolute_error) and all(y in (0, 1) for y in ys):
        return 0.5
    return 0.0


def check_target(loss: Callable[[Any, Any], Any], y: Any, n_outputs: int) -> None:
    """Refuse a target that is not what one of the losses above takes.

    The losses look at plain numbers themselves; a compiled one never sees them.

    Args:
        loss: one of them; about another function nothing is known.
        y: the target of one sample, a number or a list.
        n_outputs: how many numbers the network gives.

    Raises:
        ValueError: there is no such class, or the numbers are no probabilities.

    >>> check_target(hinge, 0.0, 1)
    Traceback (most recent call last):
    ValueError: hinge takes the class 1 or -1, got 0: for classes 0 and 1 give 2*y - 1
    """
    if loss in (hinge, exponential):
        _sign(y, loss.__name__)
    elif loss in (logistic, binary_cross_entropy):
        for yi in y if _is_list(y) else [y]:
            _share(yi, loss.__name__)
    elif loss in (cross_entropy, probability_cross_entropy, logarithmic, svm):
        class_of(y, n_outputs)
        if loss in (logarithmic, svm):
            _check_one_hot(y)
        else:
            _check_probabilities(y)


# ---------------------------------------------------------------------- their pieces


def class_of(y: Any, n: int) -> int:
    """Give the index of the class that y says, as an index or one-hot, among n classes.

    Raises:
        ValueError: there is no such class, or y has not n numbers.

    >>> class_of(2.0, 3), class_of([0, 1, 0], 3)
    (2, 1)
    """
    if _is_list(y):
        if len(y) != n:
            raise ValueError(f"the target has {len(y)} numbers for {n} classes")
        numbers = list(y)
        return numbers.index(max(numbers))
    if isinstance(y, (str, bytes)) or not 0 <= y < n or y != int(y):
        raise ValueError(f"a class must be an integer from 0 to {n - 1}, got {y!r}")
    return int(y)


def _at_class(numbers: list[Any], y: Any) -> Any:
    """The number at the class that y says, as an index or one-hot."""
    if _is_placeholder(y):
        return dot(y, numbers) if _is_list(y) else take(numbers, y)
    return numbers[class_of(y, len(numbers))]


def _is_placeholder(y: Any) -> bool:
    """Whether the target is no number yet, but stands for that of every sample in a program."""
    return any(isinstance(yi, Value) for yi in y) if _is_list(y) else isinstance(y, Value)


def _sign(y: Any, name: str) -> Any:
    """The class ±1 of a sample; a Value (the placeholder of a program, say) is not looked at."""
    y = _label(y, name)
    if not isinstance(y, Value) and y not in (1, -1):
        raise ValueError(
            f"{name} takes the class 1 or -1, got {y:g}: for classes 0 and 1 give 2*y - 1"
        )
    return y


def _share(y: Any, name: str) -> Any:
    """The class 0 or 1 of a sample, or the probability of 1."""
    y = _label(y, name)
    if not isinstance(y, Value) and not 0 <= y <= 1:
        raise ValueError(
            f"{name} takes the class 0 or 1, or the probability of 1, got {y:g}: for classes 1 and "
            "-1 give (y + 1) / 2"
        )
    return y


def _label(y: Any, name: str) -> Any:
    """The one number of a target, alone or in a list, from whatever kind of number it is."""
    y = _single(y, name)
    return y if isinstance(y, Value) else numbers(y, f"{name}: the target")


def _check_probabilities(y: Any) -> None:
    """Refuse a list of plain numbers that are not one probability for each class."""
    if not _is_list(y) or _is_placeholder(y):
        return
    if min(y) < 0:
        raise ValueError(f"a target probability must not be negative, got {min(y):g}")
    total = fsum(y)
    if not isclose(total, 1.0, abs_tol=1e-3):  # as float16 has it
        raise ValueError(f"the target probabilities must add up to 1, got {total:g}: {shorten(y)}")


def _check_one_hot(y: Any) -> None:
    """Refuse a list of plain numbers that is not 1 for one class and 0 for all others."""
    if not _is_list(y) or _is_placeholder(y):
        return
    if sorted(y) != [0] * (len(y) - 1) + [1]:
        raise ValueError(
            "the target must be the index of a class, or 1 for it and 0 elsewhere, got "
            f"{shorten(y)}"
        )


def _is_list(thing: Any) -> bool:
    return hasattr(thing, "__len__") and getattr(thing, "ndim", 1) > 0


def _single(f: Any, name: str) -> Any:
    """The one number that the network gave, alone or in a list."""
    if not _is_list(f):
        return f
    if len(f) != 1:
        raise ValueError(f"{name} takes a single score, got {len(f)}")
    return f[0]


def _several(f: Any, name: str) -> list[Any]:
    """What the network gave for each class."""
    if not _is_list(f):
        raise TypeError(f"{name} takes a number for each class, got the single {f!r}")
    return list(f)


def _paired(f: Any, y: Any, name: str) -> list[tuple[Any, Any]]:
    """Each predicted number with its target."""
    fs, ys = list(f) if _is_list(f) else [f], list(y) if _is_list(y) else [y]
    if len(fs) != len(ys):
        raise ValueError(f"{name}: the network gave {len(fs)} numbers, the target has {len(ys)}")
    return list(zip(fs, ys, strict=True))


def _total(terms: list[Any]) -> Any:
    return terms[0] if len(terms) == 1 else sum(terms)
