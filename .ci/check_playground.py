"""Train in the playground, in headless Chromium, and compare its weights with the estimator's.

Usage: python .ci/check_playground.py PLAYGROUND_HTML
(needs selenium, and Debian's chromium and chromium-driver)

In each setting the page makes 1,000 updates by its buttons, goes back and on again. Then every
weight is compared with that of the program which the page shows under "As Python", and the tables
of nodes and weights with the trace of the same update. The learning rates are those at which
training is not chaotic: at higher ones a difference in the last digit grows from update to update.
The drawing must be Python's, numbers and buttons large enough on a phone, and the tab key must go
from node to node.
"""

import sys
import tempfile
import time
import warnings
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from look_at_site import browser, logged
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from sklearn_mlp import MLPLogisticClassifier, trace_training
from sklearn_mlp._inspection.trace_html import svg
from sklearn_mlp._inspection.trace_text import number

N_UPDATES = 1000
TOLERANCE = 1e-12  # relative to the largest weight
OWN_POINTS = "0,0,0;1.5,0.25,1;-1,1,1;0.5,-1.75,0;-0.5,-0.5,0;2,1,1"
SETTINGS = (
    "data=xor&hidden=2&rate=2&seed=4",
    "data=xor&noise=1&hidden=3&second=2&rate=0.5&loss=log_loss&alpha=0.1&seed=1",
    "data=octant&hidden=4&rate=1&bias=0&range=1&seed=2",
    "data=moons&noise=2&hidden=8&rate=0.5&loss=log_loss&alpha=0.5&seed=3",
    "data=circles&noise=1&hidden=4&second=3&rate=1&seed=5",
    "data=spirals&hidden=8&second=8&rate=0.1&loss=log_loss&bias=0&seed=6",
    "data=line&noise=3&hidden=1&rate=0.3&alpha=2&range=0.5&seed=7",
    "data=and&noise=4&hidden=5&rate=1&seed=8",
    f"data=own&points={OWN_POINTS}&hidden=3&rate=1&alpha=0.01&seed=9",
)

# Every weight in full: the menu of weights shows the chosen one in a field.
READ_WEIGHTS = """
const fields = document.querySelector('.settings').elements;
return [...fields.namedItem('edge').options].map(option => {
    fields.namedItem('edge').value = option.value;
    fields.namedItem('edge').dispatchEvent(new Event('change'));
    return Number(fields.namedItem('value').value);
});
"""
READ_PAGE = """
for (const details of document.querySelectorAll('details')) details.open = true;
for (const details of document.querySelectorAll('details'))
    details.dispatchEvent(new Event('toggle'));
const rows = kind => [...document.querySelectorAll(kind + ' tbody tr')].map(
    row => [...row.cells].map(cell => cell.textContent));
return {
    program: document.querySelector('.program pre').textContent,
    data_program: document.querySelector('.data-program pre').textContent,
    place: document.querySelector('.place').textContent,
    figures: document.querySelector('.side').textContent,
    weights: rows('.weights'), nodes: rows('.nodes'), samples: rows('.samples'),
};
"""
CLICK = """
const [text, times] = arguments;
const button = [...document.querySelectorAll('.controls button')].find(b => b.textContent === text);
for (let n = 0; n < times; n++) button.click();
"""
# As a user does: type into a field, or choose from a menu.
SET = """
const field = document.querySelector('.settings').elements.namedItem(arguments[0]);
field.value = arguments[1];
field.dispatchEvent(new Event('change'));
"""


class Playground:
    """The page in a browser."""

    def __init__(self, driver, url):
        self.driver, self.url = driver, url

    def open(self, state):
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}#{state}")

    def click(self, text, times=1):
        self.driver.execute_script(CLICK, text, times)

    def set(self, name, value):
        self.driver.execute_script(SET, name, str(value))

    def weights(self):
        return np.array(self.driver.execute_script(READ_WEIGHTS))

    def read(self):
        return self.driver.execute_script(READ_PAGE)


def run(program):
    """What the program under "As Python" leaves behind."""
    names = {"print": lambda *_: None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of networks that have not learned yet
        exec(program, names)
    return names


def in_order(coefs, intercepts, has_bias):
    """All weights in the order of the page: layer by layer, those of the bias node last."""
    rows = []
    for coef, intercept in zip(coefs, intercepts, strict=True):
        rows += [*coef, intercept] if has_bias else [*coef]
    return np.concatenate(rows)


def difference(shown, names):
    """The largest one, relative to the largest weight."""
    has_bias = names["model"].fit_intercept
    expected = in_order(names["coefs"], names["intercepts"], has_bias)
    return abs(shown - expected).max() / abs(expected).max()


def wrong_tables(page, names, n_updates):
    """Rows of the tables that differ from the trace of the next update."""
    n_names = {"weights": 3, "nodes": 1}
    starts = {key: names[key] for key in ("coefs_init", "intercepts_init") if key in names}
    model = names["model"].set_params(max_iter=n_updates + 1)
    (trace,) = trace_training(model, names["X"], names["y"], updates=[n_updates + 1], **starts)
    weights, nodes = trace.to_pandas(), trace.to_pandas("nodes")
    expected = {
        "weights": [
            [row["from"], row["to"], row["layer"]]
            + [number(row[k]) for k in ("signal", "error_signal", "gradient", "before", "after")]
            for row in weights.to_dict("records")
        ],
        "nodes": [
            [row["node"]]
            + [
                "" if np.isnan(row[k]) else number(row[k])
                for k in ("S_preA", "S_postA", "f_prime", "error_signal")
            ]
            for row in nodes.to_dict("records")
        ],
    }
    for name, rows in expected.items():
        if len(rows) != len(page[name]):
            yield f"{len(page[name])} rows of {name} in place of {len(rows)}"
        for shown, wanted in zip(page[name], rows, strict=False):
            at = n_names[name]
            if shown[:at] != wanted[:at] or not is_close(shown[at:], wanted[at:]):
                yield f"{name}: {shown} is not {wanted}"


def is_close(shown, wanted):
    """Whether numbers are equal but for the last digit, which may be rounded up or down."""
    return all(
        abs(float(a) - float(b)) <= (1.1e-4 * abs(float(b)) if "e" in b else 1.1e-6)
        for a, b in zip(shown, wanted, strict=True)
        if a != b
    )


def check_setting(playground, state):
    """Problems in one setting after 1,000 updates; prints the largest difference."""
    playground.open(state)
    n_samples = len(playground.read()["samples"])
    n_epochs, rest = divmod(N_UPDATES, n_samples)
    playground.click("+1 epoch", n_epochs)
    playground.click("+1 update", rest)
    shown = playground.weights()
    # Back by 37 steps, forward again: the same to the last bit.
    playground.click("◀", 37)
    playground.click("▶", 37)
    if not np.array_equal(playground.weights(), shown):
        yield f"{state}: going back and on again changes the weights"
    page = playground.read()
    if page["place"] != f"Update {N_UPDATES + 1}, epoch {N_UPDATES // n_samples + 1}":
        yield f"{state}: {page['place']} after {N_UPDATES} updates"
    names = run(page["program"])
    data = run(page["data_program"])
    n_columns = np.shape(data["X"])[1] + 1
    samples = np.array([row[1 : n_columns + 1] for row in page["samples"]], dtype=float)
    if not np.array_equal(samples, np.column_stack([data["X"], data["y"]])):
        yield f"{state}: the samples are not those of the program"
    largest = difference(shown, names)
    sys.stdout.write(f"{largest:.1e}  {state}\n")
    if not largest <= TOLERANCE:
        yield f"{state}: weights differ by {largest:.1e}"
    # Of whole epochs, the program has the losses too.
    if rest == 0 and number(names["model"].loss_curve_[-1]) not in page["figures"]:
        yield f"{state}: the loss of the last epoch is not in {page['figures']}"
    for problem in islice(wrong_tables(page, names, N_UPDATES), 1):
        yield f"{state}: {problem}"
    # A link to this state shows the same.
    time.sleep(0.6)  # the address follows a little later
    playground.open(playground.driver.current_url.partition("#")[2])
    if not np.array_equal(playground.weights(), shown):
        yield f"{state}: the address leads to other weights"


def check_changes_by_hand(playground):
    """A weight that is typed in, and a learning rate that is changed in the midst of training."""
    playground.open("data=xor&hidden=2&rate=2&seed=4")
    playground.click("+1 epoch", 5)
    playground.set("edge", 3)
    playground.set("value", -0.75)
    if playground.weights()[3] != -0.75:
        yield "a typed weight is not taken over"
    playground.click("+1 epoch", 10)
    playground.set("rate", 0.5)
    playground.click("+1 update", 7)
    page = playground.read()
    largest = difference(playground.weights(), run(page["program"]))
    sys.stdout.write(f"{largest:.1e}  a weight typed in, the learning rate changed\n")
    if not largest <= TOLERANCE or "coefs_init" not in page["program"]:
        yield f"after changes by hand, weights differ by {largest:.1e}"


def check_points_by_hand(playground):
    """Own points: one is added by a click, one by numbers, one is taken away by a click."""
    playground.open("")
    playground.set("data", "own")
    square = playground.driver.find_element("css selector", ".side canvas")
    x, y = (
        playground.driver.execute_script(
            f"return arguments[0].getBoundingClientRect().{key}", square
        )
        for key in ("x", "y")
    )
    size = square.size["width"]
    for left, top in ((0.25, 0.25), (0.75, 0.6), (0.25, 0.25)):
        place = {"x": x + left * size, "y": y + top * size, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            playground.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, **place})
    playground.set("own_x0", 2)
    playground.driver.find_element("name", "add").click()
    samples = [list(map(float, row[1:4])) for row in playground.read()["samples"]]
    if len(samples) != 6 or samples[-1] != [2.0, 0.0, 1.0]:
        yield f"own points: {samples}"
    elif not np.allclose(samples[4], [0.5 * 2.6, -0.2 * 2.6, 1.0], atol=0.05):
        yield f"own points: {samples[4]} is not where it was clicked"


DRAWN = """
const texts = [...document.querySelectorAll('.drawing svg text')].map(text => {
    const moved = (text.closest('g.node, g.bias, g.key') ?? text).transform.baseVal;
    const by = moved.length ? moved[0].matrix : { e: 0, f: 0 };
    return [+text.getAttribute('x') + by.e, +text.getAttribute('y') + by.f];
});
const ends = [...document.querySelectorAll('.drawing line')].map(
    line => ['x1', 'y1', 'x2', 'y2'].map(key => +line.getAttribute(key)));
return [...texts, ...ends];
"""


def check_drawing(playground):
    """The drawing of a network: texts and lines are where Python draws them."""
    for sizes, bias in (((2, 1, 1), 0), ((3, 5, 1), 1), ((2, 3, 2, 1), 0), ((2, 8, 8, 1), 1)):
        X = np.eye(2, sizes[0])
        model = MLPLogisticClassifier(sizes[1:-1], fit_intercept=bool(bias), random_state=0)
        (trace,) = trace_training(model, X, [0, 1], updates=1)
        drawn = ET.fromstring(svg(trace, edge_values=True))
        wanted = [
            [float(element.get(key)) for key in keys]
            for kind, keys in (("text", ("x", "y")), ("line", ("x1", "y1", "x2", "y2")))
            for element in drawn.iter("{http://www.w3.org/2000/svg}" + kind)
        ]
        data = "octant" if sizes[0] == 3 else "xor"
        second = sizes[2] if len(sizes) == 4 else 0
        playground.open(f"data={data}&hidden={sizes[1]}&second={second}&bias={bias}")
        shown = playground.driver.execute_script(DRAWN)
        # Python writes one decimal.
        is_there = [
            any(len(a) == len(b) and np.allclose(a, b, rtol=0, atol=0.11) for b in shown)
            for a in wanted
        ]
        if len(shown) != len(wanted) or not all(is_there):
            yield f"the drawing of {sizes}, bias {bias}, is not Python's"


SMALL = """
const problems = [];
const scale = document.querySelector('.drawing svg').getScreenCTM().a;
for (const text of document.querySelectorAll('.drawing :is(text.small, text.value)')) {
    const size = parseFloat(getComputedStyle(text).fontSize) * scale;
    if (size < 11.95) problems.push(`${text.textContent} is written in ${size} px`);
}
for (const part of document.querySelectorAll('.controls :is(button, select)')) {
    const { width, height } = part.getBoundingClientRect();
    if (width < 44 || height < 44) problems.push(`${part.textContent}: ${width} x ${height} px`);
}
if (document.documentElement.scrollWidth > innerWidth) problems.push('wider than the window');
return problems;
"""
FOCUSED = """
const part = document.activeElement;
return part.closest('.drawing') ? part.getAttribute('aria-label').split(/[: ]/)[0] : 'other';
"""


OTHER_LINES = """
return [...document.querySelectorAll('.drawing text.value')].filter(value => {
    const box = value.getBoundingClientRect();
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return at?.dataset.edge !== value.dataset.edge;
}).map(value => value.textContent);
"""
SAVE = """
const done = arguments[0];
URL.createObjectURL = blob => { blob.text().then(done); return '#saved'; };
HTMLAnchorElement.prototype.click = () => {};
[...document.querySelectorAll('.controls button')].find(b => b.textContent === 'Save').click();
"""


def check_values_and_saving(playground):
    """A value on a line is that line's; a saved page has the state, without an address."""
    for state in ("", "hidden=8", "data=octant&hidden=4&bias=0"):
        playground.open(state)
        if others := playground.driver.execute_script(OTHER_LINES):
            yield f"{state}: under the values {others} are other lines"
    playground.open("data=circles&hidden=3&seed=5&rate=1&update=200&phase=1")
    weights = playground.weights()
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "saved.html"
        saved.write_text(playground.driver.execute_async_script(SAVE), encoding="utf-8")
        playground.driver.get(saved.as_uri())
        found = playground.weights()
        if found.shape != weights.shape or (found != weights).any():
            yield "a saved page has other weights"


def tap_line(playground):
    """The words after a finger has touched a line and was lifted."""
    line = "document.querySelector('.drawing .hit').getBoundingClientRect()"
    script = f"const box = {line}; return [box.x + box.width / 2, box.y + box.height / 2];"
    x, y = playground.driver.execute_script(script)
    for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
        playground.driver.execute_cdp_cmd(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )
    time.sleep(0.3)
    return playground.driver.execute_script("return document.querySelector('.words').textContent")


def check_hands(playground):
    """On a phone, sizes of numbers and buttons; by the tab key, the order of the nodes."""
    phone = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    playground.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    playground.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for state in ("", "hidden=8", "data=moons&hidden=8&second=8", "data=octant&hidden=4"):
        playground.open(state)
        for problem in playground.driver.execute_script(SMALL):
            yield f"on a phone, {state}: {problem}"
    playground.open("")
    words = tap_line(playground)
    if "(ItoH): the weight is" not in words:
        yield f"a tap on a line shows: {words}"
    playground.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    playground.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    playground.open("")
    visited = []
    for _ in range(30):
        ActionChains(playground.driver).send_keys(Keys.TAB).perform()
        visited.append(playground.driver.execute_script(FOCUSED))
    in_drawing = [name for name in visited if name != "other"]
    if in_drawing != ["x0", "x1", "Bias", "H[0]", "H[1]", "Bias", "O"]:
        yield f"the tab key goes to {in_drawing}"


def main(path):
    driver = browser()
    driver.set_window_size(1280, 1000)
    playground = Playground(driver, Path(path).resolve().as_uri())
    problems = []
    for state in SETTINGS:
        problems += check_setting(playground, state)
    problems += check_changes_by_hand(playground)
    problems += check_points_by_hand(playground)
    problems += check_drawing(playground)
    problems += check_values_and_saving(playground)
    problems += check_hands(playground)
    problems += logged(driver, "file:///")
    driver.quit()
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
