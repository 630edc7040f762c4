"""Validation: what the model predicts of patterns that no fit has seen. Nothing in calibration imports this."""
