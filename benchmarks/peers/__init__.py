"""The reference process of ``benchmarks/reference.md`` in five idioms, and what each costs and can do."""
