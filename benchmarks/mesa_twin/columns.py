"""The twin's objects written out as the compiled model's tables, so that the two can be compared cell by cell."""

import numpy as np

from trafficsim.engine.ledger import DIMENSIONS
from trafficsim.processes.month import LEDGER_SHAPE
from trafficsim.processes.population import DECLARATIONS
from trafficsim.processes.vocabulary import Care, Status

from .broker import Broker
from .child import Child
from .household import Household
from .institutions import EnforcementUnit, ProtectionService
from .migrant import Migrant

AGENTS_OF = {
    "migrants": Migrant,
    "children": Child,
    "brokers": Broker,
    "households": Household,
    "units": EnforcementUnit,
    "services": ProtectionService,
}


def columns(model):
    """Return every column of every table under "table.column", in order of creation; an agent stands as its row."""
    agents = {name: list(model.agents_by_type.get(kind, ())) for name, kind in AGENTS_OF.items()}
    markets = [market for by_purpose in model.markets.values() for market in by_purpose.values()]
    stalls = [(number, stall) for number, market in enumerate(markets) for stall in market.stalls]
    row_of = {agent: row for rows in agents.values() for row, agent in enumerate(rows)}
    row_of[None] = -1

    found = {}
    for table, rows in (agents | {"society": model.areas}).items():
        for column in DECLARATIONS[table].columns:
            values = [getattr(one, column.name) for one in rows]
            if column.name in ("holder", "mother", "elder", "youngest", "household", "partner", "holds"):
                values = [row_of[value] for value in values]
            found[f"{table}.{column.name}"] = np.array(values, column.dtype)
    for name in ("area", "purpose", "price", "offers", "seekers", "sold"):
        dtype = DECLARATIONS["markets"].column[name].dtype
        found[f"markets.{name}"] = np.array([getattr(market, name) for market in markets], dtype)
    found["markets.stalls"] = np.array([len(market.stalls) for market in markets], np.int32)
    found["markets.first_stall"] = (np.cumsum(found["markets.stalls"]) - found["markets.stalls"]).astype(np.int32)
    found["stalls.household"] = np.array([row_of[stall.household] for _, stall in stalls], np.int32)
    found["stalls.market"] = np.array([number for number, _ in stalls], np.int32)
    found["stalls.offer"] = np.array([row_of[stall.offer] for _, stall in stalls], np.int32)
    return found


def counts(model):
    """Return the ledger's monthly sums and moves, and the stocks, as the compiled model keeps them."""
    months, lived = model.course.months, model.month
    monthly = np.zeros((months, LEDGER_SHAPE[0]), np.int64)
    monthly_by = {
        name: np.zeros((months, LEDGER_SHAPE[0], levels), np.int64)
        for name, levels in zip(DIMENSIONS, LEDGER_SHAPE[1:], strict=True)
    }
    moves = np.zeros((months, len(Status), len(Status)), np.int32)
    moves_by_event = np.zeros((LEDGER_SHAPE[0], len(Status), len(Status)), np.int64)
    for month in range(lived):
        for (event, *group), amount in model.ledger.months[month].items():
            monthly[month, event] += amount
            for name, level in zip(DIMENSIONS, group, strict=True):
                monthly_by[name][month, event, level] += amount
        for (event, left, entered), persons in model.ledger.months_of_moves[month].items():
            moves[month, left, entered] += persons
            moves_by_event[event, left, entered] += persons
    by_status_and_sex = np.zeros((months, len(Status), 2), np.int64)
    by_care = np.zeros((months, len(Care)), np.int64)
    collected = model.datacollector.model_vars
    for month in range(lived):
        for (status, sex), persons in collected["by_status_and_sex"][month].items():
            by_status_and_sex[month, status, sex] = persons
        for care, children in collected["by_care"][month].items():
            by_care[month, care] = children
    return {
        "monthly": monthly,
        **{f"monthly_by_{name}": array for name, array in monthly_by.items()},
        "moves": moves,
        "moves_by_event": moves_by_event,
        "by_status": by_status_and_sex.sum(axis=2),
        "by_status_and_sex": by_status_and_sex,
        "by_care": by_care,
    }


def person_months(model):
    """Return months lived so far: by everybody alive, and by those of them in the host country."""
    by_status = counts(model)["by_status"].sum(axis=0)
    return int(by_status[: Status.DEAD].sum()), int(by_status[Status.IN_TRANSIT : Status.PROTECTED + 1].sum())
