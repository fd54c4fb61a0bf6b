"""What a notebook reports with: tables through the gate, sentences from text, tables to show."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis_lib.kinds import Kind
from analysis_lib.project import STEP_VARIABLE
from analysis_lib.release import Store, check_values, of_nobody, open_store
from analysis_lib.release.store import Source
from analysis_lib.sentences import fill_section, find_sentences
from analysis_lib.tables import show_table

__all__ = ["Report", "of_nobody", "open_report"]

#: Entries of a section that belong to its figure or table.
OF_FIGURES = ("caption", "alt")


class Report:
    """The results of one notebook; made by `open_report`.

    Attributes
    ----------
    store : Store
        Where tables and facts are kept, each through the disclosure gate.
    sentences : Path
        The notebook's file of sentences.
    """

    show = staticmethod(show_table)

    def __init__(self, store: Store, sentences: Path) -> None:
        self.store = store
        self.sentences = sentences
        self._said: dict[str, frozenset[str]] = {}

    def table(
        self,
        name: str,
        frame: pd.DataFrame,
        columns: Mapping[str, Kind] | None = None,
        *,
        population: str = "all",
        within: str | None = None,
    ) -> pd.DataFrame:
        """Release a table as ``results/tables/<name>.csv``, and return what was released: show and draw that.

        Parameters
        ----------
        name : str
            Lower_snake_case, and no other notebook's. Saved again, the table takes the place of the earlier.
        frame : DataFrame
            Columns of numbers, text, categories or dates. An index that has a name, as after ``groupby``,
            is the first columns.
        columns : dict, optional
            What numbers are that `analysis_lib.columns` does not know, or that are something else here:
            ``{"n_seen": Count()}``, a kind of `analysis_lib.kinds`.
        population, within : str
            Whom the table counts, and the larger population, released before, that they are part of.

        Returns
        -------
        DataFrame
            Where people are protected, small counts and what would give them back are missing, others
            rounded, and rates computed again.

        Raises
        ------
        TypeError
            If `frame` is no DataFrame, or `columns` holds anything but kinds.
        ValueError
            If a column is named like a person identifier, or (where people are protected) a number is of
            no known kind; in a run, also if another notebook has saved a table of this name.
        """
        return self.store.save_table(name, frame, columns, population=population, within=within)

    def say(self, section: str, **values: Any) -> dict[str, str]:
        """Fill a section of the sentences, and save each entry as a fact that pages quote.

        Said again, as when a cell is run once more, it takes the place of what it said before.

        Parameters
        ----------
        section : str
            Its name: the label of the figure or table that it stands beside, if there is one.
        **values : DataFrame, Series, date or str
            What its templates use: what `table` returned, or rows and columns of it, and text. A number
            that counts nobody (areas, months, settings) is given as ``of_nobody(n)``. Where people are
            protected, any other is refused.

        Returns
        -------
        dict of str to str
            The sentences by name. Jupyter shows them.

        Raises
        ------
        SentenceError
            If there is no such section, or a template does not fit the values.
        ValueError
            If a value is not known to be released, or a fact is a count that may not leave.
        """
        values = check_values(section, values, self.store.profile, self.store.source)
        others = frozenset[str]().union(*(said for name, said in self._said.items() if name != section))
        before = self._said.get(section, frozenset()) - others
        known = {name: text for name, text in self.store.texts.items() if name not in before}
        filled = fill_section(self.sentences, section, values, known)
        facts = {name: fact for name, fact in filled.items() if name not in OF_FIGURES}
        self.store.keep_facts(facts, instead_of=before)
        self._said[section] = frozenset(facts)
        self.store.save_label(section, {name: str(filled[name]) for name in OF_FIGURES if name in filled})
        texts = {name: str(fact) for name, fact in filled.items()}
        _show(texts)
        return texts


def _show(texts: Mapping[str, str]) -> None:
    """Show sentences to a person who runs the notebook in Jupyter; in a run, pages quote them."""
    jupyter = sys.modules.get("IPython")
    if jupyter and jupyter.get_ipython() and not os.environ.get(STEP_VARIABLE):
        lines = [f"- **{name}**: {text}" for name, text in texts.items()]
        jupyter.display.display(jupyter.display.Markdown("\n".join(lines)))


def open_report(name: str, *sources: Source, folder: Path | None = None) -> Report:
    """Open an empty report, removing what an earlier run of `name` left.

    Parameters
    ----------
    name : str
        One per notebook, lower_snake_case: the first part of its facts, and the name of its file in
        ``report/sentences/``.
    *sources : Appointments, Tweets, Linked …
        The loaded inputs that the results come from. They say what may leave; of several profiles the
        strictest holds.
    folder : Path, optional
        The results folder; `project.results_folder()` if not given.

    Raises
    ------
    ValueError
        If no source is given, or, in a run, if the name is that of another step's store.
    """
    return Report(open_store(name, *sources, folder=folder), find_sentences(name))
