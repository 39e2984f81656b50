"""What all tests share: no window is opened, property tests give the same cases on every machine."""

import matplotlib
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("course", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("course")
