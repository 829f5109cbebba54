"""The stubs, checked by mypy in strict mode and by stubtest against what is there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_mlp

SAMPLES = Path(__file__).parent / "typing"
PACKAGE = Path(sklearn_mlp.__file__).parent
# What stubtest leaves out, by patterns of names.
NOT_COMPARED = [
    r"sklearn_mlp\._[a-z]\w*(\..*)?",  # private modules have no stub
]
if not hasattr(sklearn_mlp.MLPLogisticClassifier, "set_callbacks"):  # before scikit-learn 1.9
    NOT_COMPARED.append(r"sklearn_mlp\.MLPLogisticClassifier\.set_callbacks")


def mypy(path, tmp_path):
    pytest.importorskip("mypy")
    # Of the installed package, not of the folder; mypy does not know the editable kind by itself.
    environment = dict(os.environ)
    if PACKAGE.parent.name != "site-packages":
        environment["MYPYPATH"] = str(PACKAGE.parent)
    return subprocess.run(
        [sys.executable, "-P", "-m", "mypy", "--strict", "--cache-dir", tmp_path, path],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
    )


def test_a_sample_of_usage_passes_in_strict_mode(tmp_path):
    result = mypy(SAMPLES / "usage.py", tmp_path)
    assert result.stdout == "Success: no issues found in 1 source file\n"
    assert (PACKAGE / "py.typed").exists()  # of an editable install, mypy found it without


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_and_it_runs():
    import matplotlib as mpl

    mpl.use("agg")
    names = {}
    exec((SAMPLES / "usage.py").read_text(), names)
    assert set(names["labels"]) <= {"no", "yes"}


def test_misuse_is_found(tmp_path):
    result = mypy(SAMPLES / "misuse.py", tmp_path)
    found = re.findall(r"misuse\.py:(\d+): error: .*\[([a-z-]+)\]$", result.stdout, re.M)
    lines = (SAMPLES / "misuse.py").read_text().splitlines()
    expected = [
        (str(number), line.split("  # ")[1])
        for number, line in enumerate(lines, 1)
        if "  # " in line
    ]
    assert found == expected


def test_the_stubs_say_what_is_there(tmp_path):
    pytest.importorskip("mypy")
    pytest.importorskip("skl2onnx")  # sklearn_mlp.onnx is compared as well
    # Copies, for in the package's folder mypy would take modules without a stub for stubs.
    copies = tmp_path / "stubs" / PACKAGE.name
    copies.mkdir(parents=True)
    for stub in PACKAGE.glob("*.pyi"):
        shutil.copy(stub, copies)
    exceptions = tmp_path / "exceptions.txt"
    exceptions.write_text("\n".join(NOT_COMPARED))
    # With -P and in another folder, the package that is imported is the installed one.
    result = subprocess.run(
        [sys.executable, "-P", "-m", "mypy.stubtest", "--allowlist", exceptions, PACKAGE.name],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": str(copies.parent)},
    )
    assert "Success: no issues found" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 0
