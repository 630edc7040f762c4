"""Input as nobody would give it: how it is made, and what must hold whatever comes of it."""
