"""Bundles: one study as an archive that a reviewer can verify with one command, and without trafficsim too."""
