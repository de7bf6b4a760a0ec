"""The compiler: a scalar graph becomes a short NumPy program. README.md says how."""

from .program import Program, compile
from .trace import TraceError

__all__ = ["Program", "TraceError", "compile"]
