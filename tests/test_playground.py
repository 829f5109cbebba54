"""The playground of the site: what Python puts into the page. A browser tests what it trains."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.fixture(scope="module")
def build():
    sys.path.append(str(DOCS))
    try:
        from playground import build

        yield build
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def page(build):
    return build.page()


@pytest.fixture(scope="module")
def data(page):
    (text,) = re.findall("<script type='application/json'>(.*?)</script>", page, re.DOTALL)
    return json.loads(text)


def test_the_page_is_small_and_self_contained(page):
    assert len(page.encode()) < 300_000
    # The names of an SVG's elements are an address that nothing loads.
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|url\((?!#)|@import|<img|src=", page)
    assert re.findall(r'<link [^>]*href="([^"]*)"', page) == ["data:,"]
    assert "fetch(" not in page


def test_every_placeholder_is_filled_and_every_module_is_there(build, page):
    template = (DOCS / "playground" / "page.html").read_text()
    for name in re.findall(r"^\{(\w+)\}$", template, re.MULTILINE):
        assert not re.search(rf"^\{{{name}\}}$", page, re.MULTILINE)
    assert not re.search(r"^(import|export) ", page, re.MULTILINE)
    scripts = {path.name for path in (DOCS / "playground").glob("*.js")}
    assert scripts == set(build.OWN_SCRIPTS)


def test_no_two_modules_of_a_page_have_the_same_name_at_their_top(build):
    # They become one script.
    names = []
    for path in build.scripts():
        names += re.findall(
            r"^(?:export )?(?:async )?(?:const|let|function) (\w+)", path.read_text(), re.MULTILINE
        )
    assert len(names) == len(set(names)), sorted(names)


def test_there_is_a_layout_for_every_network_that_can_be_chosen(build, data):
    assert len(data["layouts"]) == 2 * 8 * 9 * 2
    for n_inputs in (2, 3):
        for hidden in range(1, 9):
            for second in range(9):
                sizes = [n_inputs, hidden, *([second] if second else []), 1]
                for has_bias in (False, True):
                    key = "-".join(map(str, sizes)) + "+" * has_bias
                    layout = data["layouts"][key]
                    assert [len(column) for column in layout["ys"]] == sizes
                    assert len(layout["xs"]) == len(sizes)
                    assert len(layout["biases"]) == has_bias * (len(sizes) - 1)
                    places = layout["values"].replace(".", "")
                    assert set(places) <= set(build.LETTERS[: len(data["value_places"])])


@pytest.mark.parametrize(
    "name", ["and", "or", "xor", "octant", "line", "circles", "moons", "spirals"]
)
def test_the_samples_of_the_page_are_those_of_its_program(data, name):
    variants = data["data_sets"][name]
    assert len(variants) == len(data["noises"])
    for variant in variants:
        made = {}
        exec(variant["program"], made)
        np.testing.assert_array_equal(made["X"], variant["X"])
        np.testing.assert_array_equal(made["y"], variant["y"])
        assert set(variant["y"]) == {0, 1}
    if name in ("and", "or", "xor"):
        X = np.array(variants[0]["X"], dtype=int)
        expected = {"and": X[:, 0] & X[:, 1], "or": X[:, 0] | X[:, 1], "xor": X[:, 0] ^ X[:, 1]}
        np.testing.assert_array_equal(variants[0]["y"], expected[name])


def test_lessons_ask_for_what_there_is(build, data):
    for _, state, _, example in build.LESSONS:
        assert (DOCS / "examples" / f"{example}.py").exists()
        given = dict(part.split("=") for part in state.split("&"))
        assert given["data"] in data["data_sets"]
        assert given.get("loss", "log_loss") in data["losses"]
        assert 1 <= int(given["hidden"]) <= build.MOST_NODES


def test_both_layers_can_have_as_many_nodes_as_there_are_layouts_for(build, page):
    assert (
        re.findall(r'name="(?:hidden|second)" type="range"[^>]* max="(\w+)"', page)
        == [str(build.MOST_NODES)] * 2
    )


def test_every_loss_is_in_the_page(data, page):
    from sklearn_mlp._training.losses import LOSSES

    equations = (DOCS / "playground" / "equations.js").read_text()
    assert set(re.findall(r"^  (\w+): {$", equations, re.MULTILINE)) == set(LOSSES)
    (menu,) = re.findall('<select name="loss">(.*?)</select>', page)
    assert set(re.findall('value="(\\w+)"', menu)) == set(LOSSES)
    assert set(data["losses"]) == set(LOSSES)
    for name, loss in LOSSES.items():
        assert data["losses"][name]["error_signal"] == loss.error_signal
