"""Mutation testing of the rules: each number, comparison and operator of a rule is changed, and its table must notice."""
