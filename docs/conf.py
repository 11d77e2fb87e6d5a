"""How Sphinx builds the documentation."""

import sys
from pathlib import Path

import skmlp

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

# Labels that the docstrings inherited from scikit-learn refer to. Its pages would have
# to be fetched to resolve them.
SCIKIT_LEARN_LABELS = {
    "df_output_transform",
    "r2_score",
    "sphx_glr_auto_examples_miscellaneous_plot_set_output.py",
}

project = "skmlp"
author = "The skmlp developers"
copyright = "2026, The skmlp developers"
version = release = skmlp.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "feature_tables",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "literal"

autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "backreferences_dir": "generated",  # else the small galleries of a page warn
    "abort_on_example_error": True,
    "capture_repr": ("_repr_html_",),
    "download_all_examples": False,
    "show_memory": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "skmlp"
html_static_path = ["_static"]
html_css_files = ["features.css"]
html_show_sourcelink = False
# The sidebar lists the pages below a page; these have none.
html_sidebars = {
    page.stem: [] for page in Path(__file__).parent.glob("*.rst") if page.stem != "api"
}
html_theme_options = {"navigation_with_keys": False, "show_toc_level": 2}


def leave_as_text(app, env, node, contnode):
    """Resolve what is scikit-learn's to plain text; all else stays an error."""
    return contnode if node["reftarget"] in SCIKIT_LEARN_LABELS else None


def setup(app):
    app.connect("missing-reference", leave_as_text)
