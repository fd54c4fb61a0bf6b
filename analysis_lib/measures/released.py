"""What is computed of released tables alone may be shown like them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

import pandas as pd

P = ParamSpec("P")
MARK = "released"  # what the gate leaves in the attrs of a frame; it knows how to mark another


def of_released(function: Callable[P, pd.DataFrame]) -> Callable[P, pd.DataFrame]:
    """Decorate a measure that computes from its frames alone: of released frames its result is released.

    Of a frame to which something was added it is not, and has no mark.
    """

    @functools.wraps(function)
    def compute(*args: P.args, **kwargs: P.kwargs) -> pd.DataFrame:
        made = function(*args, **kwargs)
        given = [v for v in (*args, *kwargs.values()) if isinstance(v, pd.DataFrame | pd.Series)]
        marks = [each.attrs.get(MARK) for each in given]
        made.attrs = {name: value for name, value in made.attrs.items() if name != MARK}
        return marks[0].mark(made, given) if marks and all(marks) else made

    return compute
