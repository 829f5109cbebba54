"""The documentation site. Built from the repository's root by the command in CONTRIBUTING.md."""

import sys
import warnings
import zlib
from pathlib import Path

# The folder with the package's source has no compiled part: the site is of the installed package.
HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != HERE.parent]
sys.path.append(str(HERE))  # playground, gallery_order

from playground import build

import sklearn_mlp

project = "sklearn-mlp"
author = "The sklearn-mlp developers"
copyright = "The sklearn-mlp developers"  # noqa: A001 - the name is Sphinx's
version = release = sklearn_mlp.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinx-mathjax-offline",  # the site loads nothing from elsewhere
]
exclude_patterns = ["_build", "examples", "auto_examples/**/*.ipynb", "auto_examples/**/*.py.md5"]
templates_path = ["_templates"]
myst_heading_anchors = 3
default_role = "literal"

html_theme = "pydata_sphinx_theme"
html_title = "sklearn-mlp"
html_context = {"default_mode": "auto"}
html_logo = html_favicon = "_static/logo.svg"
html_theme_options = {
    "navbar_align": "left",
    "navbar_center": ["link_to_playground", "navbar-nav"],
    "header_links_before_dropdown": 8,  # all
    "logo": {"text": f"sklearn-mlp {version}"},
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
# The bar at the top has the sections; the pages of the user guide are listed beside each of them.
GUIDE = [
    "install",
    "start",
    "choose",
    "trust",
    "stream",
    "scaling",
    "export",
    "inside",
    "trouble",
    "from_mlpclassifier",
    "guide",
]
html_sidebars = {"**": [], **{page: ["sidebar-nav-bs"] for page in GUIDE}}
html_show_sourcelink = False
html_static_path = ["_static"]
build.write(HERE / "generated" / "playground")
html_extra_path = ["generated/playground"]
html_css_files = ["site.css"]

autodoc_typehints = "none"
autosummary_generate = True
toc_object_entries_show_parents = "hide"  # `fit` in the list at the right, not its class too
numpydoc_show_class_members = False
numpydoc_validation_checks = {"GL01", "GL03", "GL08", "PR01", "PR02", "PR04", "RT01", "SS03"}
# Dataclasses that users only get: their attributes are documented, not an __init__ of their own.
numpydoc_validation_exclude = {
    "BackpropTrace$",
    "GradientCheck$",
    "TrainingTrace$",
    r"\.set_\w+_request$",
}

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "ignore_pattern": r"(quickstart|out_of_core|local_sgd|federated)\.py",
    "within_subsection_order": "gallery_order.course_first",
    "doc_module": "sklearn_mlp",
    "backreferences_dir": "generated/backreferences",
    "reference_url": {"sklearn_mlp": None},
    "capture_repr": ("_repr_html_", "__repr__"),
    "abort_on_example_error": True,
    "show_memory": False,
    "write_computation_times": False,
    "remove_config_comments": True,
    "nested_sections": False,
    "parallel": False,
    "download_all_examples": False,
    "show_signature": False,
}

warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def _inventory(path, project, objects, labels):
    """Write where the pages of some objects are, in the format that intersphinx reads.

    With the few that are referred to, links to scikit-learn's site need no download of its own
    inventory when this site is built.
    """
    head = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
    head += "# The remainder of this file is compressed using zlib.\n"
    lines = "".join(
        f"{name} py:{role} 1 modules/generated/{name}.html#$ -\n" for name, role in objects
    )
    # What inherited docstrings refer to.
    lines += "".join(f"{name} std:label -1 {page} {title}\n" for name, page, title in labels)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(head.encode() + zlib.compress(lines.encode()))
    return str(path)


intersphinx_mapping = {
    "sklearn": (
        "https://scikit-learn.org/stable/",
        _inventory(
            HERE / "generated" / "sklearn.inv",
            "scikit-learn",
            [
                ("sklearn.calibration.CalibrationDisplay", "class"),
                ("sklearn.callback.ProgressBar", "class"),
                ("sklearn.callback.ScoringMonitor", "class"),
                ("sklearn.compose.ColumnTransformer", "class"),
                ("sklearn.ensemble.HistGradientBoostingClassifier", "class"),
                ("sklearn.inspection.DecisionBoundaryDisplay", "class"),
                ("sklearn.linear_model.LogisticRegression", "class"),
                ("sklearn.model_selection.GridSearchCV", "class"),
                ("sklearn.model_selection.HalvingGridSearchCV", "class"),
                ("sklearn.model_selection.LearningCurveDisplay", "class"),
                ("sklearn.model_selection.cross_val_score", "function"),
                ("sklearn.multiclass.OneVsRestClassifier", "class"),
                ("sklearn.neural_network.MLPClassifier", "class"),
                ("sklearn.pipeline.Pipeline", "class"),
                ("sklearn.preprocessing.MinMaxScaler", "class"),
                ("sklearn.preprocessing.StandardScaler", "class"),
                ("sklearn.utils.estimator_checks.check_estimator", "function"),
                ("sklearn.dummy.DummyClassifier", "class"),
                ("sklearn.feature_selection.RFE", "class"),
                ("sklearn.frozen.FrozenEstimator", "class"),
                ("sklearn.feature_selection.SelectFromModel", "class"),
                ("sklearn.impute.SimpleImputer", "class"),
                ("sklearn.model_selection.TunedThresholdClassifierCV", "class"),
            ],
            [
                ("accuracy_score", "modules/model_evaluation.html#accuracy-score", "Accuracy"),
                ("df_output_transform", "modules/df_output_transform.html", "set_output"),
                ("metadata_routing", "metadata_routing.html", "Metadata Routing"),
                (
                    "sphx_glr_auto_examples_miscellaneous_plot_set_output.py",
                    "auto_examples/miscellaneous/plot_set_output.html",
                    "Introducing the set_output API",
                ),
            ],
        ),
    )
}
