"""Showing: what a person sees, pictures, steps, explanations, pages, the command line.

It imports all other rooms. Start with ``drawing.py`` (``draw``; ``graphs.py``, ``network.py`` and
``diagrams.py`` write the pictures), ``stepping.py`` (``walk``; ``frames.py``, ``chainrule.py``),
``explaining.py`` (``explain``) and ``webpage.py`` (``page``). The command is ``arguments.py`` and
``commandline.py``; ``hints.py`` knows two slips that raise no error.
"""
