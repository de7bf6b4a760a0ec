"""The compiler: a scalar graph becomes a short NumPy program. README.md says how."""

from .javascript import JavaScript
from .program import Program, compile
from .trace import TraceError

__all__ = ["JavaScript", "Program", "TraceError", "compile"]
