"""Which assumptions a result leans on: indices of sensitivity, each with an interval and a check that it has converged."""
