"""Reading: the table and the graph as something else, names, formulas, LaTeX, JavaScript.

It imports the engine only. Start with ``naming.py`` (what to call a node) and ``notation.py``
(a computation as a formula); ``javascript.py`` reads the table for the page, ``manual.py`` for
``help``. A person's text becomes a graph in ``tokens.py``, ``grammar.py`` and ``expressions.py``.
"""
