"""The machinery of a simulation of many lives: tables, views, draws, calendar, ledger. It knows nothing of trafficking."""
