"""The parts of the documents that are made from the code and the catalogue, so that they cannot drift from them."""
