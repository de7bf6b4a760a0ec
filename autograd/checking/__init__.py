"""Checking: is a derivative right? Finite differences, exact arithmetic, bounds on rounding.

It imports engine and reading. Start with ``differences.py`` (``check_gradients``); ``exact.py``
defines every gate once more in arithmetic of any precision; ``rounding.py`` says how far floats
may be off. The strategies for property tests are public, in ``autograd.testing``.
"""
