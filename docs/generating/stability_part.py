"""What ``make stability`` found, as it wrote it down."""

import json
from pathlib import Path

from generating import markdown as md

FOUND = Path(__file__).parents[1] / "stability.json"


def stability_part() -> str:
    """Return the table of environments, with the processor that it was made on."""
    found = json.loads(FOUND.read_text(encoding="utf-8"))
    rows = [
        (
            one["python"], one["numba"], one["numpy"], one["scipy"], one["pandas"], one["processor"],
            f"identical, all {one['tables']} tables and columns" if not one["apart"]
            else f"{one['apart']} of {one['tables']} tables and columns differ: {', '.join(one['kinds'])}",
        )
        for one in found["environments"]
    ]  # fmt: skip
    table = md.table(["Python", "numba", "NumPy", "SciPy", "pandas", "processor", "against the golden hashes"], rows)
    return md.part(table, f"Measured on {md.text(found['processor'])}, rules {found['environments'][0]['rules']}.")
