"""Labels: classes as text become numbers; classes and samples that count more than others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .losses import exponential, hinge

__all__ = ["class_weights", "labels_of", "numbered"]


def labels_of(Y: Any) -> list[str] | None:
    """Give the label of each sample, if the targets are text.

    >>> labels_of(["cat", "dog"]), labels_of([0, 1])
    (['cat', 'dog'], None)
    """
    if hasattr(Y, "to_numpy"):
        Y = Y.to_numpy()
    if getattr(getattr(Y, "dtype", None), "kind", "O") not in "UO":
        return None
    labels = Y.tolist() if hasattr(Y, "tolist") else Y
    is_text = isinstance(labels, (list, tuple)) and labels and set(map(type, labels)) <= {str}
    return list(labels) if is_text else None


def numbered(
    labels: Sequence[str], classes: Sequence[str], loss: Callable[[Any, Any], Any]
) -> list[float]:
    """Give the number of each label: its place in the classes; of two for ``hinge``, -1 and 1.

    Raises:
        ValueError: a label is none of the classes, or they are not two for ``hinge``.

    >>> numbered(["b", "a"], ["a", "b"], hinge)
    [1.0, -1.0]
    """
    number = {label: float(k) for k, label in enumerate(classes)}
    if loss in (hinge, exponential):
        if len(classes) != 2:
            raise ValueError(
                f"{loss.__name__} tells two classes apart, Y has {len(classes)}: "
                f"{', '.join(classes[:5])}"
            )
        number = {label: 2 * k - 1 for label, k in number.items()}
    for k, label in enumerate(labels):
        if label not in number:
            raise ValueError(f"validation Y[{k}] is {label!r}, which is no label of the training")
    return [number[label] for label in labels]


def class_weights(labels: Sequence[Any], wanted: str | Mapping[Any, float]) -> list[float]:
    """Give the weight of each sample, by its label.

    Raises:
        ValueError: a class has no weight, or the samples have no labels.

    >>> class_weights(["a", "a", "a", "b"], "balanced"), class_weights([0, 1], {0: 1, 1: 5})
    ([0.6666666666666666, 0.6666666666666666, 0.6666666666666666, 2.0], [1, 5])
    """
    if any(isinstance(label, list) for label in labels):
        raise ValueError("class_weight needs a label for each sample; give sample_weight")
    counts = Counter(labels)
    if isinstance(wanted, str):
        if wanted != "balanced":
            raise ValueError(f"class_weight is 'balanced' or a dictionary, got {wanted!r}")
        wanted = {label: len(labels) / (len(counts) * n) for label, n in counts.items()}
    missing = [label for label in counts if label not in wanted]
    if missing:
        raise ValueError(f"class_weight has no weight for the class {missing[0]!r}")
    return [wanted[label] for label in labels]
