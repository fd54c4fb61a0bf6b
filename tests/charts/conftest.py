"""The house style for every chart test."""

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pytest

from analysis_lib.charts import use_style


@pytest.fixture(autouse=True)
def house_style():
    """Draw in the house style and close every figure afterwards."""
    with mpl.rc_context():
        use_style()
        yield
    plt.close("all")
