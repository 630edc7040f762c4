"""How Sphinx builds these documents: ``make docs``. Built offline, and every link within them must lead somewhere."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

sys.path.insert(0, str(Path(__file__).parent))

project = "trafficsim"
author = "The trafficsim founders"
release = version = installed_version("trafficsim")
html_title = f"trafficsim {version}"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "generated/parts", "generating"]
nitpicky = True

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "separated"
autodoc_default_options = {"exclude-members": "__init__, __new__"}
napoleon_numpy_docstring = False
add_module_names = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["wide-tables.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
html_theme_options = {"top_of_page_buttons": []}

BEYOND = (
    "matplotlib.",
    "mesa.",
    "numpy.",
    "np.",
    "pandas.",
    "pd.",
    "pathlib.",
    "collections.",
    "typing.",
    "pydantic.",
    "enum.",
)
"""Names of other libraries: these documents are built offline and do not link to theirs."""

LINKS_OF_THE_REPOSITORY = {
    "(src/trafficsim/catalog)": "(catalogue.md)",
    "(CITATION.cff)": "(citing.md)",
    "(CONTRIBUTING.md)": "(contributing.md)",
    "(LICENSE)": "(citing.md)",
    "(docs/": "(",
}
"""What README.md and CONTRIBUTING.md link to within the repository, and the page that says it here."""


def point_to_pages(app: Sphinx, relative_path: Path, parent: str, content: list[str]) -> None:
    """Let links of an included file of the repository's root lead to the pages of these documents."""
    if relative_path.name in ("README.md", "CONTRIBUTING.md"):
        for theirs, ours in LINKS_OF_THE_REPOSITORY.items():
            content[0] = content[0].replace(theirs, ours)


def find_by_last_name(app: Sphinx, env: BuildEnvironment, node: Any, contents: nodes.TextElement) -> Any:
    """Resolve a name that a docstring writes without its module, if just one documented object ends in it."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py":
        return None
    if target.startswith(BEYOND):
        return contents
    domain: Any = env.domains.python_domain
    last = target.rpartition(".")[2]
    found = {entry.node_id: (name, entry) for name, entry in domain.objects.items() if name.rpartition(".")[2] == last}
    if len(found) != 1:
        return None
    name, _ = next(iter(found.values()))
    return domain.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], name, node, contents)


def keep_first_line(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Put back what napoleon took for an attribute's type, because a colon stands behind it."""
    taken = [line for line in lines if line.startswith(":type:")]
    if what in ("attribute", "data", "property") and taken:
        lines.remove(taken[0])
        lines[0] = f"{taken[0].removeprefix(':type:').strip()}: {lines[0]}"


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the helpers above."""
    app.connect("autodoc-process-docstring", keep_first_line, priority=900)
    app.connect("include-read", point_to_pages)
    app.connect("missing-reference", find_by_last_name)
