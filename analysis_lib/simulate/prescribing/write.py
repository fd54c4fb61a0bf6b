"""Write a layer of prescribing as an extract, in the layout of the linked population."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analysis_lib.simulate.population.run import (
    MANIFEST,
    TRUTH,
    file_entry,
    hash_file,
    whole_folder,
    write_json,
)
from analysis_lib.simulate.population.tables import SCHEMAS
from analysis_lib.simulate.prescribing.run import Prescribing

MEDICINE = SCHEMAS["medicine"]
LAYOUT = SCHEMAS | {
    "medicine": pa.schema(
        [*list(MEDICINE)[:3], ("bnf_code", pa.string()), ("course_id", pa.string()), *list(MEDICINE)[3:]]
    ),
    "measurement": pa.schema(
        [("person_id", pa.string()), ("date", pa.date32()), ("measure", pa.string()), ("value", pa.float64())]
    ),
}


def write_prescribing(made: Prescribing, population: str | Path, folder: str | Path) -> Path:
    """Write a layer of prescribing for those who load linked populations.

    A Parquet file for each of person, condition, medicine, contact and measurement, ``truth.json``, and the
    population's ``manifest.json`` with these files. The folder is whole, or an earlier one, or not there.

    Parameters
    ----------
    made : Prescribing
    population : path
        The folder of the population that it was simulated from; of it the manifest is read.
    folder : path
        Where to write. An earlier simulated population there is replaced.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileExistsError
        If the folder holds anything but an earlier simulated population.
    """
    manifest = json.loads((Path(population) / MANIFEST).read_text(encoding="utf-8"))
    with whole_folder(folder) as partial:
        files = []
        for name, schema in LAYOUT.items():
            path = partial / f"{name}.parquet"
            table = pa.Table.from_pandas(getattr(made, name), preserve_index=False).cast(schema)
            pq.write_table(table, path, compression="zstd", store_schema=False)
            files.append(file_entry(partial, path, name, len(table)))
        write_json(partial / TRUTH, made.truth)
        files.append({"name": TRUTH, "table": "truth", "sha256": hash_file(partial / TRUTH)})
        rows = {entry["table"]: entry["n_rows"] for entry in files if "n_rows" in entry}
        own = {"n_people": len(made.person), "n_rows": rows, "files": files}
        write_json(partial / MANIFEST, manifest | own)
    return Path(folder).resolve()
