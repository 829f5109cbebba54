"""The results of `benchmarks.speed` as tables and as a picture."""

from benchmarks import calls
from benchmarks.report import table


def markdown(result):
    """The tables of a result as Markdown."""
    machine = result["machine"]
    peak, logistic = machine["peak_gflops"], machine["ns_per_logistic"]
    lines = [
        f"Processor: {machine['processor']}, instruction set {machine['instruction_set']}, one "
        f"core, float64 peak {peak['float64']:.1f} GFLOP/s, logistic function "
        f"{logistic['float64']:.2f} ns, float32 {peak['float32']:.1f} GFLOP/s, "
        f"{logistic['float32']:.2f} ns, copy {machine['gigabytes_per_second']:.1f} GB/s; "
        f"BLAS kernels {', '.join(machine['blas'])}; "
        f"Python {machine['python']}, NumPy {machine['numpy']}, "
        f"scikit-learn {machine['scikit-learn']}.",
        *(f"Absent: {name}." for name in result["absent"]),
        *training(result["training"]),
        *against_mlp(result["against MLPClassifier"]),
        "",
        "Fits of 200 rows, which are trained in the dual form from 800 inputs on:",
        *table(
            list(result["inputs"][0]),
            [
                [
                    f"{row['inputs']:,}",
                    f"{row['ms per epoch']:.3f}",
                    f"{row['fixed cost, ms']:.1f}",
                ]
                for row in result["inputs"]
            ],
        ),
        *predictions(result["predictions"]),
        *growth(result),
        *calls.markdown(result["calls"]),
    ]
    return "\n".join(lines)


def has_peers(row):
    return len(row["times_faster"]) > 1


def training(rows):
    names = [name for name in rows[0]["times_faster"] if name != "ours"]
    pairs = list(zip(rows[::2], rows[1::2], strict=True))  # float64, float32
    figures = [
        [
            text
            for row in pair
            for text in (
                f"{row['samples_per_second']['ours']:,.0f}",
                f"{row['fraction_of_bound']:.0%}",
                f"{row['ns of fit beside the visits, per row']:,.0f}",
            )
        ]
        for pair in pairs
    ]
    times_faster = [
        [row["shape"]]
        + [
            f"{row['times_faster'][name]:,.1f}" if name in row["times_faster"] else ""
            for name in names
        ]
        for row, _ in pairs
        if has_peers(row)
    ]
    others = "of the bound", "fixed cost per row"
    heads = [head for dtype in ("float64", "float32") for head in (dtype, *others)]
    return [
        "",
        "Updates a second, the fraction of what the processor allows, and the nanoseconds that "
        "`fit` takes once for each row, in addition to its visits:",
        *table(
            ["inputs x hidden", *heads],
            [[pair[0]["shape"], *texts] for pair, texts in zip(pairs, figures, strict=True)],
        ),
        "",
        "How many times as fast as other libraries, float64:",
        *table(["inputs x hidden", *names], times_faster),
    ]


def against_mlp(rows):
    return [
        "",
        "`fit` with more inputs than rows, and with many classes (one network each), compared with "
        "MLPClassifier's default:",
        *table(
            ["rows x inputs", "hidden", "classes", "dtype", "ms per epoch", "MLPClassifier, times"],
            [
                [
                    row["shape"],
                    row["hidden"],
                    str(row["classes"]),
                    row["dtype"],
                    f"{row['ms per epoch']:,.2f}",
                    f"{row['MLPClassifier, times ours']:.2f}",
                ]
                for row in rows
            ],
        ),
    ]


def predictions(rows):
    lines, models = [], list(rows[0]["one row"])
    titles = [name.replace("ours", "sklearn-mlp") for name in models]
    for kind, decimals in (("all rows", 2), ("one row", 3)):
        lines += ["", f"`predict_proba` of {kind}, in milliseconds:"]
        lines += table(
            ["inputs x hidden", *titles],
            [
                [row["shape"], *(f"{row[kind][name]:.{decimals}f}" for name in models)]
                for row in rows
            ],
        )
    return lines


def growth(result):
    grid = result["grid search"]
    return [
        "",
        "`fit` of 40 inputs, by the number of rows:",
        *table(
            list(result["growth"][0]),
            [[f"{value:,.0f}" for value in row.values()] for row in result["growth"]],
        ),
        "",
        f"Two threads, ten classes: {result['two threads, ten classes']:.2f} times faster.",
        "",
        f"A grid search of {grid['candidates']} candidates on breast cancer, five folds: "
        f"{grid['s']:.2f} seconds; MLPClassifier takes {grid['MLPClassifier, times ours']:.1f} "
        "times that.",
    ]


def plot(result, path):
    """Updates per second against the size of the network; time of an epoch against the inputs."""
    import matplotlib.pyplot as plt

    figure, (ax, wide) = plt.subplots(1, 2, figsize=(13, 4.5))
    figure.subplots_adjust(wspace=1.0)
    rows = [row for row in result["training"] if row["dtype"] == "float64"]
    for name in rows[0]["samples_per_second"]:
        points = sorted(
            (row["weights"], row["samples_per_second"][name])
            for row in rows
            if name in row["samples_per_second"] and "CSR" not in row["shape"] and has_peers(row)
        )
        ax.loglog(*zip(*points, strict=True), marker="o", label=name)
    ax.set(xlabel="weights", ylabel="samples per second", title="Training on dense rows")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    inputs = [row["inputs"] for row in result["inputs"]]
    wide.loglog(inputs, [row["ms per epoch"] for row in result["inputs"]], marker="o")
    wide.axvline(800, color="grey", linestyle=":")
    wide.set(
        xlabel="inputs",
        ylabel="milliseconds",
        title="An epoch of 200 rows, 32 nodes\n(in the dual from 800 inputs on)",
    )
    figure.savefig(path, bbox_inches="tight")
