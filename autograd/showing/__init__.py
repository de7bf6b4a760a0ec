"""Showing: what a person sees, pictures, steps, explanations, pages, the command line.

It imports all other rooms. Start with ``drawing.py`` (``draw``), ``stepping.py`` (``walk``),
``explaining.py`` (``explain``) and ``webpage.py`` (``page``).
"""
