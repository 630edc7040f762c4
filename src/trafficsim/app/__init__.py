"""The browser page: arms run live beside each other, levers are moved in between, stored studies are opened.

What the page does stands in plain Python (:mod:`~trafficsim.app.session` and what it uses) and is tested without a browser;
:mod:`~trafficsim.app.page` hands it to Solara, and :mod:`~trafficsim.app.serving` serves it to this machine alone.
"""
