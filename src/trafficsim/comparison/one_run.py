"""One run of a model, your own subclass too, as data frames: what it comes to, and what happened to whom."""

from functools import cache

import pandas as pd

from trafficsim.engine.calendar import month_index, month_label
from trafficsim.errors import UserError
from trafficsim.experiments.deciding import DECIDED_BY, happens
from trafficsim.experiments.parting import UNTOLD
from trafficsim.experiments.replicate import total_indicators
from trafficsim.model import TraffickingModel
from trafficsim.processes.vocabulary import Event


def totals(model: TraffickingModel, since: str = "1996-01") -> pd.Series:
    """Return the total of each indicator of the catalogue, by name, from the month ``since`` up to where the model stands.

    Raises :class:`UserError` where ``since`` is no month that was lived through.

    >>> import trafficsim as ts
    >>> model = ts.TraffickingModel(rng=1, scale=0.01)
    >>> model.run_until("1998-01")
    >>> bool(ts.totals(model, since="1997-01")["departures"] < ts.totals(model)["departures"])
    True
    """
    first = month_index(since)
    if not 0 <= first < model.month:
        raise UserError(
            f"since = {since!r}: the model has lived through 1996-01 to {month_label(model.month - 1)} so far."
        )
    rows = total_indicators(model.state, slice(first, model.month), model.corridor.areas, ())
    return pd.Series({name: value for name, _, _, value in rows}, name="total").rename_axis("indicator")


def events(model: TraffickingModel) -> pd.DataFrame:
    """Return all that happened in a run whose model was made with ``event_log=True``; columns month, life, event, step.

    ``life`` is the 16 digits that name a person or a child; ``step`` names the step of the month that brings such an event.
    Raises :class:`UserError` where no log was kept.
    """
    if not model.state.ledger.entries.log_size[1]:
        raise UserError("This model keeps no log of events; make it with event_log=True.")
    log = model.state.ledger.log()
    told = [number for number, event in enumerate(log["event"].tolist()) if event not in UNTOLD]
    kinds = [Event(int(log["event"][number])) for number in told]
    return pd.DataFrame(
        {
            "month": [month_label(int(log["month"][number])) for number in told],
            "life": [f"{int(log['person_key'][number]):016x}" for number in told],
            "event": [happens(kind) for kind in kinds],
            "step": [steps_of(kind) for kind in kinds],
        }
    )


@cache
def steps_of(event: Event) -> str:
    """Return the steps of the month that can bring an event, in words: "life or custody"."""
    return " or ".join(step for step, events in DECIDED_BY.items() if event in events)
