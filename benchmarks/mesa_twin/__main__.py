"""Run the twin alone in a process: ``python -m benchmarks.mesa_twin '{"rng": 1, "scale": 0.01}' --until 2004-01``."""

import argparse
import json
import time

import numpy as np

from trafficsim.engine.calendar import month_index
from trafficsim.engine.compiling import PLAIN_PYTHON
from trafficsim.policy import Arm

from .columns import columns, counts, person_months
from .model import TwinModel


def main() -> None:
    """Run, print what it took as JSON, and write tables and counts to a file on request."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mesa_twin", description=__doc__)
    parser.add_argument("settings", help="arguments of TwinModel as JSON; the arm may be a name or a whole arm")
    parser.add_argument("--until", required=True, help="first month not lived through, YYYY-MM")
    parser.add_argument("--luck", choices=("ordinary", "keyed"), default="ordinary")
    parser.add_argument("--save", help="file (.npz) for tables and counts")
    arguments = parser.parse_args()
    if not PLAIN_PYTHON:
        parser.error("set NUMBA_DISABLE_JIT=1, so that the rules are plain Python functions")
    settings = json.loads(arguments.settings)
    if isinstance(settings.get("arm"), dict):
        settings["arm"] = Arm.from_plain(settings["arm"])
    model = TwinModel(luck=arguments.luck, **settings)
    months = month_index(arguments.until)
    begin = time.process_time()
    for _ in range(months):
        model.step()
    seconds = time.process_time() - begin
    living, in_host_country = person_months(model)
    print(json.dumps({"seconds": seconds, "living_person_months": living, "host_person_months": in_host_country}))
    if arguments.save:
        signal = {"protection_signal": np.array(model.protection_signal)}
        np.savez(arguments.save, **columns(model), **counts(model), **signal)


if __name__ == "__main__":
    main()
