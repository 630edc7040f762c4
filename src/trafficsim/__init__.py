"""An agent-based simulation of trafficking along one migration corridor, and of the policies that could protect people.

>>> import trafficsim
>>> model = trafficsim.TraffickingModel(arm="letter_package", rng=1, scale=0.01)
>>> model.run_until("1996-07")
>>> model.date
'1996-07'
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trafficsim.agents import Broker, Child, EnforcementUnit, Household, Migrant, ProtectionService
    from trafficsim.comparison import Comparison, compare, run
    from trafficsim.comparison import open as open  # not in __all__: whoever imports all keeps Python's own
    from trafficsim.comparison.arms import arm
    from trafficsim.comparison.assumed import arms, indicators, levers, parameters
    from trafficsim.comparison.lives import life, lives
    from trafficsim.comparison.one_run import events, totals
    from trafficsim.errors import UserError
    from trafficsim.model import TraffickingModel, TraffickingScenario

_HOMES = {
    "Broker": "agents",
    "Child": "agents",
    "Comparison": "comparison",
    "EnforcementUnit": "agents",
    "Household": "agents",
    "Migrant": "agents",
    "ProtectionService": "agents",
    "TraffickingModel": "model",
    "TraffickingScenario": "model",
    "UserError": "errors",
    "arm": "comparison.arms",
    "arms": "comparison.assumed",
    "compare": "comparison",
    "events": "comparison.one_run",
    "indicators": "comparison.assumed",
    "levers": "comparison.assumed",
    "life": "comparison.lives",
    "lives": "comparison.lives",
    "open": "comparison",
    "parameters": "comparison.assumed",
    "run": "comparison",
    "totals": "comparison.one_run",
}

__all__ = [
    "Broker",
    "Child",
    "Comparison",
    "EnforcementUnit",
    "Household",
    "Migrant",
    "ProtectionService",
    "TraffickingModel",
    "TraffickingScenario",
    "UserError",
    "arm",
    "arms",
    "compare",
    "events",
    "indicators",
    "levers",
    "life",
    "lives",
    "parameters",
    "run",
    "totals",
]


def __getattr__(name: str) -> Any:
    """Import on first use: the command line must answer at once, and Mesa takes its time."""
    if name not in _HOMES:
        from difflib import get_close_matches

        near = "".join(f". Did you mean '{each}'?" for each in get_close_matches(name, _HOMES, n=1))
        raise AttributeError(f"module 'trafficsim' has no attribute '{name}'{near}")
    from importlib import import_module

    return getattr(import_module(f"trafficsim.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Name what there is to use, for those who type ``trafficsim.`` and wait."""
    return sorted({*globals(), *_HOMES})
