"""Calibration: which assumptions agree with what was published about the years 1996 to 2015, and which it cannot tell apart."""
