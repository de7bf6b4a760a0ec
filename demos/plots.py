"""The demos' pictures with matplotlib: one look for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

COLORS = ("#2f6db5", "#d9822b", "#3f9b57")
"""Blue, orange, green: the classes, and the curves of a plot."""

GREY = "#8a8f98"

TIED = 1e-3
"""A lead of a score that is no larger is rounding, and no class's region."""


def canvas(
    title: str, columns: int = 1, rows: int = 1, width: float = 5.6, height: float = 4.2
) -> tuple[Figure, list[Any]]:
    """Make a figure of rows × columns plots; give it and its axes, row by row."""
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    figure.suptitle(title, fontsize=13, fontweight="bold")
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axis in axes:
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def label(axis: Any, title: str, x: str, y: str, legend: str = "best", columns: int = 1) -> None:
    """Title and label a plot.

    Args:
        axis: the plot.
        title, x, y: what to write above it and at its axes.
        legend: where to put the legend, as matplotlib has it ("lower right"); "" for none.
        columns: how many columns the legend has.
    """
    axis.set_title(title, fontsize=11)
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    if x == "epoch":  # whole numbers, and round ones: not 0, 8, 16
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    if legend:
        axis.legend(loc=legend, ncols=columns, frameon=False)


def shared_legend(figure: Figure, axis: Any) -> None:
    """One legend below all plots, with what one of them shows: it hides no curve."""
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=4)


def save_figure(figure: Figure, picture: str, out: Path) -> None:
    """Save the figure as PNG, and print where."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{picture}.png"
    figure.savefig(path, dpi=130)
    print(f"  picture: {path}")


def regions(
    axis: Any,
    scores: Callable[[list[float]], Any],
    X: Any,
    labels: Any,
    names: Sequence[str] = (),
    margin: float = 0.08,
    size: float = 24.0,
) -> None:
    """Colour the plane by the predicted class, and put the points on it.

    Args:
        axis: where to draw.
        scores: gives for a point [x, y] a score for each class, or a single one for class 1.
        X: the points, one a row.
        labels: their classes.
        names: what to call the classes in the legend.
        margin: how much room to leave around the points, as a part of their extent.
        size: that of the points.
    """
    X, labels = np.asarray(X, dtype=float), np.asarray(labels)
    room = margin * (X.max(0) - X.min(0))
    (left, bottom), (right, top) = X.min(0) - room, X.max(0) + room
    grid_x, grid_y = np.linspace(left, right, 48), np.linspace(bottom, top, 48)
    area = np.array([[_all_scores(scores([x, y])) for x in grid_x] for y in grid_y])
    for k, color in zip(range(area.shape[2]), COLORS, strict=False):
        lead = area[:, :, k] - np.delete(area, k, 2).max(2)  # positive where class k wins
        axis.contourf(grid_x, grid_y, lead, levels=[TIED, np.inf], colors=[color], alpha=0.2)
        points = X[labels == k]
        name = names[k] if names else f"class {k}"
        axis.scatter(
            *points.T, s=size, color=color, edgecolor="white", lw=0.5, label=name, zorder=3
        )
    axis.grid(False)


def _all_scores(scores: Any) -> list[float]:
    numbers = [score.data for score in (scores if isinstance(scores, list) else [scores])]
    return numbers if len(numbers) > 1 else [0.0, *numbers]
