"""The order of the gallery: first the examples that are a course, then the rest by file name."""

from pathlib import Path

COURSE = (
    "plot_see_it_learn",
    "plot_article",
    "plot_xor",
    "plot_why_xor_fails",
    "plot_learning_rate",
    "plot_exercises",
)


def course_first(filename):
    """Return the key by which sphinx-gallery sorts an example."""
    name = Path(filename).stem
    return (COURSE.index(name), "") if name in COURSE else (len(COURSE), name)
