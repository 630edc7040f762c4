"""Dimension check: the text of every rule and loop is walked with units in the place of numbers."""
