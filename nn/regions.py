"""Decision regions: which class a network gives each point of the plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from autograd import no_grad

from .data import numbers
from .module import Module, mode
from .nested import plain

__all__ = ["boundary"]

COLORS = ("#2f6db5", "#d9822b", "#3f9b57", "#8e5bb5", "#c2455a", "#7a6a58")
TIED = 1e-3  # a lead so small is rounding noise: where no class wins, none is coloured
MARKERS = "os^DvP"  # classes are told apart without colours too


def boundary(
    model: Callable[[Any], Any],
    X: Any,
    y: Any,
    axis: Any = None,
    *,
    names: Sequence[str] = (),
    threshold: float = 0.0,
    resolution: int = 64,
    margin: float = 0.08,
) -> Any:
    """Colour the plane by the class that the model predicts, and put the points on it (L17).

    Args:
        model: a network of two inputs; or any function of a point.
        X: the points, each of two numbers.
        y: their classes, 0, 1, 2, ... (or -1 and 1, or one-hot).
        axis: a matplotlib axis to draw on; None for one of its own.
        names: what to call the classes in the legend.
        threshold: above which a single output means the upper class: 0 for a logit or a hinge
            score, 0.5 for a probability.
        resolution: how many predictions across, and up.
        margin: how much room to leave around the points, as a part of their extent.

    Returns:
        the matplotlib axis: ``boundary(model, X, y).figure.savefig("regions.png")``.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: a point has not two numbers, or there are not as many classes as points.

    >>> axis = boundary(lambda point: point[0] - point[1], [[0, 1], [1, 0]], [0, 1])
    >>> [text.get_text() for text in axis.get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    try:
        import numpy as np
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ImportError(
            "boundary() needs matplotlib and numpy: pip install 'gatewise[demos]'"
        ) from error
    points = np.asarray(numbers(X, "boundary: X"), dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(
            f"boundary draws points of two numbers each, got X of shape {points.shape}"
        )
    given = np.asarray(numbers(y, "boundary: y"), dtype=float)
    if len(given) != len(points):
        raise ValueError(f"boundary: {len(points)} points but {len(given)} classes")
    given = given.reshape(len(points), -1)
    labels = given.argmax(1) if given.shape[1] > 1 else (given[:, 0]).astype(int)

    room = margin * np.maximum(np.ptp(points, axis=0), 1e-6)
    (left, bottom), (right, top) = points.min(0) - room, points.max(0) + room
    across, up = np.linspace(left, right, resolution), np.linspace(bottom, top, resolution)
    with no_grad(), mode(model, training=False) if isinstance(model, Module) else nullcontext():
        area = [[_scores(model([u, v])) for u in across] for v in up]
    scores = np.array(area)
    two = scores.shape[2] == 1
    if two:
        scores = np.concatenate([np.full_like(scores, threshold), scores], axis=2)
    if axis is None:
        axis = Figure(figsize=(5.6, 4.2), layout="constrained").subplots()
    found = [-1, 1] if two and -1 in labels else list(range(scores.shape[2]))
    for k, label in enumerate(found):
        color = COLORS[k % len(COLORS)]
        lead = scores[:, :, k] - np.delete(scores, k, 2).max(2)  # positive where class k wins
        if lead.max() > TIED:
            axis.contourf(across, up, lead, levels=[TIED, np.inf], colors=[color], alpha=0.2)
            if lead.min() < 0:
                axis.contour(across, up, lead, levels=[0], colors=["0.35"], linewidths=0.8)
        axis.scatter(
            *points[labels == label].T,
            s=30 if len(points) > 20 else 100,
            color=color,
            marker=MARKERS[k % len(MARKERS)],
            edgecolor="white",
            lw=0.5,
            label=names[k] if names else f"class {label}",
            zorder=3,
        )
    axis.set(xlabel="x₁", ylabel="x₂")
    axis.legend(frameon=False)
    return axis


def _scores(prediction: Any) -> list[float]:
    """What a model gives for a point, as numbers."""
    scores = plain(list(prediction) if isinstance(prediction, (list, tuple)) else [prediction])
    return [float(score) for score in scores]
