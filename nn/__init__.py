"""Neurons, layers and networks made of Values."""

__all__: list[str] = []
