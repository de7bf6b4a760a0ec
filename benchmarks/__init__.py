"""Measurements: ``python -m benchmarks.eager`` prints ratios against peers."""
