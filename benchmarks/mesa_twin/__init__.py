"""The model written a second time, as an ordinary Mesa model: objects with attributes, plain Python, no tables.

Only the rules of one life, the words and the catalogue's numbers are shared with the compiled model; who is visited in
which order, what is remembered and what is counted is written again. With keyed luck the twin must reach the same lives,
bit for bit (``tests/test_twin.py``); with Mesa's own luck it is what the compiled run is timed against
(``benchmarks/against_mesa.py``).

Each step of the month has a file of the same name as in ``trafficsim.processes``. Run it with ``NUMBA_DISABLE_JIT=1``, so
that the shared rules are plain Python functions::

    NUMBA_DISABLE_JIT=1 python -m benchmarks.mesa_twin '{"rng": 1, "scale": 0.01}' --until 2004-01

"""
