"""The folder of real pictures and weights: $ZOO_REAL_DATA, or shared/data beside the repository."""

import os
import pathlib

REAL_DATA = pathlib.Path(os.environ.get("ZOO_REAL_DATA") or pathlib.Path(__file__).parents[3] / "shared/data")
