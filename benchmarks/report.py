"""Results of a benchmark: printed as Markdown, written as JSON, plotted."""

import json
import re


def table(header, rows):
    """A Markdown table, as lines; columns of numbers are aligned at the right."""
    marks = [
        "---:|" if all(re.fullmatch(r"[-+]?[\d,.]*%?", cell) for cell in column) else "---|"
        for column in zip(*rows, strict=True)
    ]
    lines = ["| " + " | ".join(header) + " |", "|" + "".join(marks)]
    return ["", *lines, *("| " + " | ".join(row) + " |" for row in rows)]


def add_outputs(parser):
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--plot", metavar="FILE")


def report(result, options, markdown, plot=None):
    """Print the result, and write what the options of `add_outputs` ask for."""
    print(markdown(result))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=2)
    if plot and options.plot:
        plot(result, options.plot)
