"""Open every page of the built site in headless Chromium, and follow every internal link.

Usage: python .ci/look_at_site.py HTML_FOLDER [SCREENSHOT_FOLDER]
(needs selenium, and Debian's chromium and chromium-driver)

Fails if a page has a script error, asks for something that is missing or from elsewhere, is wider
than the window (at two widths), has a formula that was not typeset, or has a link into the site
that leads nowhere; if a text of a trace's drawing is cut off or runs into another; or if a page to
step through shows other numbers than those of the update that its slider is at.
"""

import functools
import http.server
import json
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from selenium import webdriver

WIDTHS = (1280, 400)
LOOK = """
const problems = [];
const room = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > room + 1)
    problems.push(`${document.documentElement.scrollWidth} wide in a window of ${room}`);
for (const math of document.querySelectorAll('.math'))
    if (!math.querySelector('mjx-container') || math.querySelector('mjx-merror'))
        problems.push('not typeset: ' + math.textContent.slice(0, 60));
for (const image of document.images)
    if (!image.complete || image.naturalWidth == 0) problems.push('no image: ' + image.src);
for (const trace of document.querySelectorAll('.sklearn-mlp-trace')) {
    trace.querySelectorAll('details').forEach(d => d.open = true);
    if (trace.getBoundingClientRect().right > room + 1)
        problems.push('trace wider than the window');
    const boxes = [...trace.querySelectorAll('svg text')].filter(t => t.textContent).map(
        t => [t.textContent, t.getBoundingClientRect(), t.ownerSVGElement]);
    boxes.forEach(([words, a, drawing], i) => {
        const frame = drawing.getBoundingClientRect();
        if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1
            || a.bottom > frame.bottom + 1) problems.push('cut off: ' + words);
        for (const [others, b] of boxes.slice(i + 1))
            if (a.left < b.right - 1 && b.left < a.right - 1
                && a.top < b.bottom - 3 && b.top < a.bottom - 3)
                problems.push(`overlap: ${words} / ${others}`);
    });
}
return problems;
"""


class Page(HTMLParser):
    """Where a page links to, and what in it can be linked to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = set(), {""}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.update(attributes[key] for key in ("id", "name") if attributes.get(key))
        for key in ("href", "src"):
            if attributes.get(key):
                self.links.add(attributes[key])


def pages_of(root):
    return sorted(p for p in root.rglob("*.html") if "_static" not in p.parts)  # the theme's parts


def broken_links(root):
    """Links into the site that lead to no file, or to no place in it."""
    pages = {path: Page(path.read_text()) for path in pages_of(root)}
    for path, page in pages.items():
        here = "http://site/" + path.relative_to(root).as_posix()
        for link in page.links:
            target, anchor = urldefrag(urljoin(here, link))
            if not target.startswith("http://site/"):
                continue
            there = root / unquote(urlsplit(target).path).lstrip("/")
            there = there / "index.html" if there.is_dir() else there
            known = pages[there].anchors if there in pages else {"", anchor}
            # The playground's anchors are states: name=value&name=value.
            is_known = "=" in anchor or unquote(anchor) in known | {"documentation_options"}
            if not there.is_file() or not is_known:
                yield f"{path.relative_to(root)}: link to {link}"


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (
        "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
        "disable-background-networking", "disable-component-update", "disable-sync",
        "disable-dev-shm-usage", "hide-scrollbars",
    ):  # fmt: skip
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))


def logged(driver, site):
    """What went wrong on the way, from the browser's logs."""
    for entry in driver.get_log("browser"):
        if entry["level"] == "SEVERE":
            yield entry["message"]
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            if not url.startswith((site, "data:", "blob:", "chrome", "about:")):
                yield f"asks for {url}"
        elif message["method"] == "Network.responseReceived":
            response = message["params"]["response"]
            if response["status"] >= 400:
                yield f"{response['status']} for {response['url']}"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


MOVE = """
const [root, at, phase, terms] = arguments;
const slider = root.querySelector('input[type=range]');
slider.value = at;
slider.dispatchEvent(new Event('input'));
const buttons = root.querySelectorAll('.controls button');
buttons[3 + phase].click();
const names = root.querySelectorAll('.controls select')[1];
names.value = terms;
names.dispatchEvent(new Event('change'));
for (const table of root.querySelectorAll('.nodes, .weights')) {
    table.open = true;
    table.dispatchEvent(new Event('toggle'));
}
const rows = table => [...root.querySelectorAll(table + ' tbody tr')].map(
    row => [...row.cells].map(cell => cell.textContent));
const texts = selector => [...root.querySelectorAll(selector)].map(e => e.textContent);
return {
    nodes: texts('g.node > text'), values: texts('text.value'), words: texts('.words')[0],
    value_edges: [...root.querySelectorAll('text.value')].map(e => +e.dataset.edge),
    rows: rows('.weights'), node_rows: rows('.nodes'),
    place: texts('.place')[0], target: texts('text.target')[0], error: texts('text.error')[0],
};
"""


def step_through(driver):
    """What the pages to step through show at three positions, in each phase and both vocabularies.

    The expected texts are made from the numbers in the page by the functions that print a trace.
    """
    from sklearn_mlp._inspection.trace_text import number, short_number

    for root in driver.find_elements("css selector", ".sklearn-mlp-training:not(.playground)"):
        script = root.find_element("css selector", "script[type='application/json']")
        data = json.loads(script.get_attribute("textContent"))
        updates, n_inputs = data["updates"], sum(layer == 0 for layer, _ in data["nodes"])
        for at in (0, len(updates) // 2, len(updates) - 1):
            update = updates[at]
            errors = [None] * n_inputs + update["error"]
            sums = [None] * n_inputs + update["S_preA"]
            signals = [*update["S_postA"], 1.0]  # -1 is a bias node
            gradients = [signals[start] * errors[end] for start, end in data["edges"]]
            for phase, edges in enumerate((update["weights"], gradients, update["after"])):
                for terms in ("standard", "article"):
                    shown = driver.execute_script(MOVE, root, at, phase, terms)
                    nodes = [
                        short_number(e if phase == 1 and e is not None else s)
                        for e, s in zip(errors, update["S_postA"], strict=True)
                    ]
                    weights = zip(
                        data["edges"], gradients, update["weights"], update["after"], strict=True
                    )
                    rows = []
                    for (start, end), *numbers in weights:
                        start_name = data["nodes"][start][1] if start >= 0 else "bias"
                        numbers = [signals[start], errors[end], *numbers]
                        end_layer, end_name = data["nodes"][end]
                        matrix = "to".join(data["layers"][end_layer - 1 : end_layer + 1])
                        rows.append([start_name, end_name, matrix, *map(number, numbers)])
                    node_rows = [
                        [name, *map(number, (total, signal, signal * (1.0 - signal), error))]
                        if layer
                        else [name, "", number(signal), "", ""]
                        for (layer, name), total, signal, error in zip(
                            data["nodes"], sums, signals[:-1], errors, strict=True
                        )
                    ]
                    error, target = ("FE", "T") if terms == "article" else ("error", "target")
                    expected = {
                        "nodes": nodes,
                        "values": [short_number(edges[edge]) for edge in shown["value_edges"]],
                        "rows": rows,
                        "node_rows": node_rows,
                        "place": f"Update {update['number']}, epoch {update['epoch']}",
                        "target": f"{target} = {update['T']}",
                        "error": f"{error} = {short_number(update['FE'])}" if phase else "",
                    }
                    for key, wanted in expected.items():
                        if shown[key] != wanted:
                            yield f"update {at}, phase {phase}: {key} {shown[key]} is not {wanted}"
                    in_words = (signals[-2], update["S_ERROR"], update["loss"])[phase]
                    if number(in_words) not in shown["words"]:
                        yield f"update {at}, phase {phase}: {in_words} is not in {shown['words']}"


def look(root, screenshots):
    handler = functools.partial(Quiet, directory=root)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}/"
    driver = browser()
    driver.set_script_timeout(60)
    paths = pages_of(root)
    for path in paths:
        name = path.relative_to(root).as_posix()
        for width in WIDTHS:
            driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
            )
            driver.get(site + name)
            driver.execute_async_script(
                "const done = arguments[0];"
                "(window.MathJax?.startup?.promise ?? Promise.resolve()).then(() => done());"
            )
            for problem in [
                *logged(driver, site), *driver.execute_script(LOOK), *step_through(driver)
            ]:  # fmt: skip
                yield f"{name} at {width}: {problem}"
            if screenshots:
                height = driver.execute_script("return document.documentElement.scrollHeight")
                driver.execute_cdp_cmd(
                    "Emulation.setDeviceMetricsOverride",
                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
                )
                screenshots.mkdir(parents=True, exist_ok=True)
                driver.save_screenshot(screenshots / f"{name.replace('/', '-')}-{width}.png")
    driver.quit()
    sys.stdout.write(f"{len(paths)} pages opened at widths {WIDTHS}\n")


def main(folder, screenshots=None):
    root = Path(folder).resolve()
    problems = list(broken_links(root))
    problems += look(root, screenshots and Path(screenshots))
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
