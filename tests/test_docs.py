"""What the documentation says is what happens."""

import doctest
import importlib
import re
import runpy
from pathlib import Path

import matplotlib as mpl
import pytest

import sklearn_mlp

mpl.use("agg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs").glob("*.rst"))
MODULES = sorted(
    {getattr(sklearn_mlp, name).__module__ for name in sklearn_mlp.__all__}
    - {"sklearn_mlp._show_versions"}  # what it prints is the machine's
)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)
    assert result.attempted > 5
    assert result.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_of_pages(page):
    result = doctest.testfile(
        str(page), module_relative=False, optionflags=OPTIONS, encoding="utf-8"
    )
    assert result.failed == 0
    # The pages that only lead to others have none.
    assert result.attempted > 2 or page.stem in ("api", "guide")


def test_examples_of_the_readme(capsys):
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", readme, re.M | re.S)
    assert len(blocks) >= 3
    shown, names = 0, {}
    for code, expected in blocks:
        exec(code, names)
        out = capsys.readouterr().out
        assert out.split() == expected.split() if expected else True
        shown += bool(expected)
    assert shown >= 2


def test_every_gallery_example_says_what_it_shows():
    examples = sorted((ROOT / "docs" / "examples").glob("plot_*.py"))
    assert len(examples) >= 6
    for example in examples:
        lines = example.read_text().splitlines()
        assert lines[0] == '"""'
        assert len(lines[1]) == len(lines[2])
        assert set(lines[2]) == {"="}
        # A paragraph of some lines, before any code.
        assert lines.index('"""', 1) - 4 >= 2


def test_the_examples_have_no_roles():
    # The text becomes the notebook's, where :class:`...` would be shown as it is.
    for example in (ROOT / "docs" / "examples").glob("plot_*.py"):
        assert not re.findall(r":\w+:`.*?`", example.read_text()), example.name


def test_the_examples_of_the_course_exist():
    order = runpy.run_path(str(ROOT / "docs" / "gallery_order.py"))
    examples = (ROOT / "docs" / "examples").glob("plot_*.py")
    names = [path.stem for path in sorted(examples, key=order["course_first"])]
    assert names[: len(order["COURSE"])] == list(order["COURSE"])


def test_every_public_name_is_in_the_reference():
    listed = (ROOT / "docs" / "api.rst").read_text().split()
    assert set(sklearn_mlp.__all__) <= set(listed)


def test_the_pages_quote_the_lines_that_they_speak_of():
    # literalinclude takes from one marker to another; both must be lines of the file.
    n_included = 0
    for page in PAGES:
        for path, options in re.findall(
            r"\.\. literalinclude:: (\S+)\n((?: +:.*\n)+)", page.read_text()
        ):
            included = (page.parent / path).read_text()
            for marker in re.findall(r":(?:start|end)-at: (.*)\n", options):
                assert marker in included, f"{page.name}: {marker}"
            n_included += 1
    assert n_included >= 6


@pytest.mark.parametrize("tool", ["ruff", "codespell"])
def test_the_hooks_have_the_versions_of_the_group_lint(tool):
    pinned = re.findall(rf'"{tool} == ([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    hooks = re.findall(rf"{tool}==([\d.]+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert len(pinned) == 1
    assert set(hooks) == set(pinned)


def test_the_pages_know_whether_there_is_a_release():
    versions = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    is_released = not all(version.endswith("(unreleased)") for version in versions)
    assert versions
    assert ("There are no wheels yet" in (ROOT / "README.md").read_text()) != is_released
    assert ("There is no release yet" in (ROOT / "docs/install.rst").read_text()) != is_released


def test_the_citation_has_the_version():
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.M)[1]
    assert cited == sklearn_mlp.__version__
