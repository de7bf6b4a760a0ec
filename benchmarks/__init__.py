"""Measurements: ``python -m benchmarks`` of compiled programs, ``benchmarks.eager`` of the engine.

All of them on one thread.
"""

import os

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read when NumPy is first imported
