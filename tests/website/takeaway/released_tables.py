"""Released tables as files, and the log of the store that released them."""

from __future__ import annotations

import json
from pathlib import Path

TABLES = {
    "by_month": "month,n_appointments,dna_rate,dna_low,per_1000_patients,busy,icb_code,note\n"
    "2024-01,12345,0.045600,0.044100,349.250000,True,00L,plain\n"
    "2024-02,[c],[c],[c],,False,01A,'=1+1\n"
    "2024-03,30,0.100000,-0.020000,1.000000,True,02B,-\n",
    "empty": "mode,n_dna\n",
    "attendance_by_mode": "mode,n_dna,n_known\nFace-to-Face,60,960\nTelephone,10,410\n",
    "a_table_with_a_name_longer_than_a_sheet": "mode,n_dna\nTelephone,10\n",
    "a_table_with_a_name_longer_than_another": "mode,n_dna\nTelephone,15\n",
}


def plant(root: Path, tables: dict[str, str], **hidden: list[dict]) -> None:
    """Write tables and the store that released them."""
    logged = {
        name: {"rows": text.count("\n") - 1, "n_cells": 4, "population": "all", "within": None,
               "kinds": {"dna_rate": "Ratio"}, "hidden": hidden.get(name, [])}
        for name, text in tables.items()
    }  # fmt: skip
    (root / "results" / "facts").mkdir(parents=True, exist_ok=True)
    store = {
        "profile": "simulated",
        "source": "made-up files",
        "facts": {},
    }
    (root / "results" / "facts" / "run.json").write_text(json.dumps(store | {"tables": logged}))
    for name, text in tables.items():
        (root / "results" / "tables" / f"{name}.csv").write_text(text)
