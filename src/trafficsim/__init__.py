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
    from trafficsim.comparison import compare
    from trafficsim.model import TraffickingModel, TraffickingScenario

_HOMES = {
    "Broker": "agents",
    "Child": "agents",
    "EnforcementUnit": "agents",
    "Household": "agents",
    "Migrant": "agents",
    "ProtectionService": "agents",
    "TraffickingModel": "model",
    "TraffickingScenario": "model",
    "compare": "comparison",
}

__all__ = [
    "Broker",
    "Child",
    "EnforcementUnit",
    "Household",
    "Migrant",
    "ProtectionService",
    "TraffickingModel",
    "TraffickingScenario",
    "compare",
]


def __getattr__(name: str) -> Any:
    """Import on first use: the command line must answer at once, and Mesa takes its time."""
    if name not in _HOMES:
        raise AttributeError(f"module 'trafficsim' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"trafficsim.{_HOMES[name]}"), name)
