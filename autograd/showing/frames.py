"""Frames: every step of a walk as a picture, numbered files for slides or one animated GIF."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from .drawing import draw
from .stepping import Walk

__all__ = ["save_frames"]


def save_frames(
    walk: Walk, path: Any, *, format: str = "svg", seconds: float = 1.5, **options: Any
) -> list[str]:
    """Draw the walk at each of its positions, in one layout: ``walk(f).save("steps/")``.

    Args:
        path: a folder, made if needed, for ``0.svg``, ``1.svg``, ...; or a file that ends with
            .gif, for an animation.
        format: of the numbered files: "svg", "png", "tex" or "dot".
        seconds: how long the animation shows a step; the last one four times as long.
        options: as for ``draw``: size, theme, direction, constants, clusters, ...

    Returns:
        the paths. The walk stays where it is.

    Raises:
        ImportError: Pillow, which writes the GIF, is not installed.

    >>> from tempfile import TemporaryDirectory
    >>> from autograd import Value
    >>> x = Value(3.0, "x")
    >>> with TemporaryDirectory() as folder:
    ...     paths = (x * x).walk().save(folder, format="dot")
    >>> [Path(path).name for path in paths]
    ['0.dot', '1.dot', '2.dot']
    """
    target, position = Path(path), walk.position
    digits = len(str(len(walk)))
    frames = []
    try:
        for k in range(len(walk) + 1):
            frames.append(draw(walk.goto(k), **options))
    finally:
        walk.goto(position)
    if target.suffix.lower() == ".gif":
        _animate([frame.pipe("png") for frame in frames], target, seconds)
        return [str(target)]
    target.mkdir(parents=True, exist_ok=True)
    return [frame.save(target / f"{k:0{digits}}.{format}") for k, frame in enumerate(frames)]


def _animate(pictures: list[bytes], path: Path, seconds: float) -> None:
    try:
        from PIL import Image
    except ModuleNotFoundError as error:
        raise ImportError("an animated GIF needs Pillow: pip install 'gatewise[demos]'") from error
    drawn = [Image.open(BytesIO(picture)).convert("RGB") for picture in pictures]
    size = max(each.width for each in drawn), max(each.height for each in drawn)
    images = []
    for each in drawn:  # an arrowhead at the border may widen a frame by a pixel
        images.append(Image.new("RGB", size, each.getpixel((0, 0))))
        images[-1].paste(each)
    durations = [round(1000 * seconds)] * (len(images) - 1) + [round(4000 * seconds)]
    images[0].save(path, save_all=True, append_images=images[1:], duration=durations, loop=0)


Walk.save = save_frames
