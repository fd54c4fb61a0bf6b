"""Helpers of the notebooks on demand for NHS care, missed appointments and health inequalities.

Rooms, in the order data travels: ``inputs`` (beside it ``simulate``), ``measures`` and ``models``,
``release`` and ``charts``. Nothing flows back.
"""

from importlib.metadata import version

__version__ = version("analysis-lib")
