"""Settings of the site that `make docs` builds from these pages and from the docstrings."""

import sys
from pathlib import Path

from numpydoc.xref import DEFAULT_LINKS
from sphinx.domains.python import PyXRefRole

import spikefa

sys.path.insert(0, str(Path(__file__).parent))
import public_names

project = "spikefa"
author = "the authors of spikefa"
version = release = spikefa.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates", "benchmarks", "results", "figures"]
root_doc = "index"

# Pages: a code host shows the same files, so they use no markup that it does not know.
myst_enable_extensions = ["html_image"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # the tests run the notebook, and the blocks of every page
highlight_language = "text"  # indented blocks are equations, commands and lists

# The reference: a page for each name that a room exports, from its docstring.
NAMES = public_names.addresses()
autosummary_context = {
    "names": {module: public_names.by_kind(module) for module in public_names.modules()},
    "about": {
        module: {
            name: public_names.docstring_of_data(module, name)
            for name in public_names.by_kind(module)["Data"]
        }
        for module in public_names.modules()
    },
    "short": public_names.short_names(),
}
autodoc_typehints = "none"  # types stand in the docstrings, in words
autodoc_preserve_defaults = True  # as they are written: Dense, not <class ...>
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = NAMES | {word: word for word in DEFAULT_LINKS}  # without the network

html_theme = "pydata_sphinx_theme"
html_title = "spikefa"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_domain_indices = False  # the pages of the rooms say more
toc_object_entries_show_parents = "hide"  # long names do not fit beside the page
html_copy_source = False
html_sidebars = {"**": ["all-pages"]}
html_theme_options = {
    "show_toc_level": 2,
    "navbar_center": [],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["sphinx-version"],
    "footer_end": ["theme-version"],
}

default_role = "py:name"


class Name(PyXRefRole):
    """`Network.step` in a docstring is a link if it stands in the reference, and code if not."""

    def process_link(self, env, refnode, has_explicit_title, title, target):
        """Look for an object; the first part of its name may be one that a room exports."""
        refnode["reftype"], refnode["optional"] = "obj", True
        first, dot, rest = target.partition(".")
        target = NAMES.get(first, first) + dot + rest
        return super().process_link(env, refnode, True, title, target)


def leave_as_code(app, env, node, text):
    """Return what stands for a name without a page."""
    return text if node.get("optional") else None


def setup(app):
    """Tell Sphinx of the role."""
    app.add_role_to_domain("py", "name", Name())
    app.connect("missing-reference", leave_as_code)
