"""Measurements of speed; see ``make bench``."""
