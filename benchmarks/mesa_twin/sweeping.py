"""The twin in a parameter sweep, as Mesa's documents and those of the EMA Workbench show it.

Each run reports the processor time it took, set-up included, and the person-months it lived through.
"""

import time
import warnings

import mesa
from mesa.batchrunner import batch_run

from trafficsim.catalog import catalog
from trafficsim.engine.calendar import month_index

from .columns import person_months
from .model import TwinModel

VARIED = ("price_bride", "price_venue")


class SweptTwin(mesa.Model):
    """The twin behind plain keyword parameters, collecting what is reported when it is at its end."""

    def __init__(self, arm="status_quo", scale=0.01, until="2034-04", rng=None, **prices):
        super().__init__(rng=rng)
        self.began = time.process_time()
        self.twin = TwinModel(arm, rng=rng, scale=scale, parameters={"market": prices})
        self.end = month_index(until)
        self.datacollector = mesa.DataCollector(
            {
                "seconds": lambda model: time.process_time() - model.began,
                "person_months": lambda model: person_months(model.twin)[0],
            }
        )

    def step(self):
        """Live through one month."""
        self.twin.step()
        self.running = self.twin.month < self.end
        if not self.running:
            self.datacollector.collect(self)


def by_batch_run(arms, processes, scale, until, points):
    """Sweep with ``mesa.batch_run``."""
    values = {VARIED[0]: _spread(VARIED[0], points), VARIED[1]: _spread(VARIED[1], 1)}
    return batch_run(
        SweptTwin, {"arm": list(arms), "scale": scale, "until": until, **values},
        number_processes=processes, data_collection_period=-1, display_progress=False, rng=1,
    )  # fmt: skip


def by_ema_workbench(arms, processes, scale, until, points):
    """Sweep with the EMA Workbench: prices are its uncertainties, arms its policies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about evaluators for clusters, which are not installed
        from ema_workbench import (
            CategoricalParameter,
            Constant,
            Model,
            MultiprocessingEvaluator,
            RealParameter,
            Sample,
            ScalarOutcome,
        )

    model = Model("twin", function=one_run)
    model.uncertainties = [RealParameter(name, *_range(name)) for name in VARIED]
    model.levers = [CategoricalParameter("arm", list(arms))]
    model.constants = [Constant("scale", scale), Constant("until", until)]
    model.outcomes = [ScalarOutcome("seconds"), ScalarOutcome("person_months")]
    policies = [Sample(arm, arm=arm) for arm in arms]
    with MultiprocessingEvaluator(model, n_processes=processes) as evaluator:
        _, outcomes = evaluator.perform_experiments(scenarios=points, policies=policies)
    return [
        {"seconds": float(seconds), "person_months": float(months)}
        for seconds, months in zip(outcomes["seconds"], outcomes["person_months"], strict=True)
    ]


def one_run(arm, scale, until, **prices):
    """Live through a run: what the EMA Workbench calls for each experiment."""
    model = SweptTwin(arm, scale, until, rng=1, **prices)
    while model.running:
        model.step()
    return {name: values[-1] for name, values in model.datacollector.model_vars.items()}


SWEEPS = {"batch_run": by_batch_run, "ema_workbench": by_ema_workbench}


def _range(name):
    return catalog().parameters["market"][name].range


def _spread(name, points):
    low, high = _range(name)
    return [low + (high - low) * (place + 0.5) / points for place in range(points)]
