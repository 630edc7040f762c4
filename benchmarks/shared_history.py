"""(e) What does it save that arms branch from one history, instead of each being lived through from 1996?"""

import time
from typing import Any

import numpy as np

from benchmarks.findings import answer, finding
from trafficsim.model import TraffickingModel
from trafficsim.policy import arm_names

END = "2034-04"


def measure(quick: bool = False) -> dict[str, Any]:
    """Time 3 and 10 arms both ways, and hold both ways to the same lives."""
    scale = 0.01 if quick else 1.0
    TraffickingModel(rng=1, scale=0.001).run_until("1996-03")  # loads the compiled rules
    findings, details = [], {}
    for number in (2, 3) if quick else (3, 10):
        arms = arm_names()[:number]
        began = time.process_time()
        history = TraffickingModel(rng=1, scale=scale)
        history.run_until("2024-04")
        forked = {arm: _keys_and_paths(_until_end(history.fork(arm))) for arm in arms}
        middle = time.process_time()
        whole = {arm: _keys_and_paths(_until_end(TraffickingModel(arm, rng=1, scale=scale))) for arm in arms}
        done = time.process_time()
        for arm in arms:
            assert np.array_equal(forked[arm], whole[arm]), f"{arm}: a fork lived other lives than a run from 1996"
        details[f"{number}_arms"] = {"forked_seconds": middle - began, "whole_seconds": done - middle}
        findings.append(
            finding(
                f"time of {number} arms, each from 1996, against one history forked into them",
                (done - middle) / (middle - began), "times",
                note=f"{done - middle:.1f} against {middle - began:.1f} s of processor time; the same lives, bit for bit.",
            )
        )  # fmt: skip
    return answer("What does one history for all arms save?", findings, scale=scale, **details)


def _until_end(model: TraffickingModel) -> TraffickingModel:
    model.run_until(END)
    return model


def _keys_and_paths(model: TraffickingModel) -> np.ndarray:
    migrants = model.tables["migrants"]
    rows = int(migrants.size[0])
    return np.stack([migrants.key[:rows], migrants.path[:rows].astype(np.uint64)])
