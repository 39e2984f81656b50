"""How Sphinx makes the course's site. `make site` calls it; the pages come from tools/website.py."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "tools")]

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "Galaxy morphology with deep learning"
author = "the authors of the course"
copyright = "the authors; text and figures CC BY 4.0, code BSD 3-Clause"
version = release = PROJECT["version"]
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "course_pages"]
root_doc = "index"
html_math_renderer = "mathml"  # by course_pages: no script, no network

# Notebooks are shown as they are stored: nothing is executed here, and no widget asks another host for its code.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_merge_streams = True
nb_render_markdown_format = "myst"  # links in results are checked as those of the text are

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 3
myst_heading_slug_func = "course_pages.anchor"

autodoc_default_options = {"members": True, "member-order": "bysource"}
add_module_names = False
autodoc_typehints = "none"  # types stand in the docstrings, with shapes and units
napoleon_google_docstring = False
napoleon_use_param = False  # the words of a type are words, not links
napoleon_use_rtype = False
# Words of the types of attributes count as links, and some words (bands) name several things.
suppress_warnings = ["ref.python"]
default_role = "code"

html_theme = "sphinx_book_theme"
html_title = project
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "repository_url": PROJECT["urls"]["Repository"],
    "repository_branch": "main",
    "use_repository_button": True,
    "use_download_button": False,
    "launch_buttons": {
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
        "notebook_interface": "jupyterlab",
    },
    "show_navbar_depth": 1,
    "navbar_persistent": [],  # one search field is enough
    "primary_sidebar_end": [],  # the theme keeps a place for advertisements there
}
