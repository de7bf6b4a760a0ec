"""Hypothesis's profiles: a quick one, and a deep one by ``HYPOTHESIS_PROFILE=deep``."""

import os

from hypothesis import HealthCheck, settings

slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile(
    "quick", max_examples=100, deadline=None, derandomize=True, suppress_health_check=slow
)
settings.register_profile(
    "deep", max_examples=10_000, deadline=None, suppress_health_check=slow, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
