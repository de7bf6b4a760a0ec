"""The engine: Values, gates, and the chain rule. It imports nothing of the other rooms.

Read in this order: ``gate.py`` (what a gate is), ``primitives.py`` (the table of gates, each with
its partial derivatives), ``graph.py`` (operands before consumers), ``value.py`` (a number that
remembers), ``backward.py`` (local × upstream). Then as you need them: ``numeric.py`` (values that
``math`` lacks), ``text.py`` and ``steps.py`` (a rule read on names, and written as source),
``derivatives.py`` (grad, jacobian, hessian), ``forms.py`` (values for NumPy, elementary forms),
``recorders.py`` and ``modes.py`` (who records, and ``no_grad``).
"""
