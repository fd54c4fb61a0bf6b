"""What is computed of released tables alone may be shown like them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

import pandas as pd

P = ParamSpec("P")


def of_released(function: Callable[P, pd.DataFrame]) -> Callable[P, pd.DataFrame]:
    """Decorate a measure that computes from its frames alone: of released frames its result is released.

    Of a frame to which something was added it is not, and has no mark.
    """

    @functools.wraps(function)
    def compute(*args: P.args, **kwargs: P.kwargs) -> pd.DataFrame:
        from analysis_lib.release.frames import mark_computed  # which reads the measures itself

        given = (*args, *kwargs.values())
        made = function(*args, **kwargs)
        return mark_computed(made, [v for v in given if isinstance(v, pd.DataFrame | pd.Series)])

    return compute
