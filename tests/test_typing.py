"""The stubs, checked by mypy in strict mode and against what is there."""

import ast
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_mlp

SAMPLES = Path(__file__).parent / "typing"
STUB = Path(sklearn_mlp.__file__).with_name("__init__.pyi")


def mypy(path, tmp_path):
    pytest.importorskip("mypy")
    # Of the installed package, not of the folder; mypy does not know the editable kind by itself.
    environment = dict(os.environ)
    if STUB.parent.parent.name != "site-packages":
        environment["MYPYPATH"] = str(STUB.parent.parent)
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


def test_the_stub_says_what_is_there():
    stub = ast.parse(STUB.read_text())
    assert STUB.with_name("py.typed").exists()
    declared = {
        node.name: node
        for node in stub.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    }
    assert set(declared) == set(sklearn_mlp.__all__)
    for name, node in declared.items():
        real = getattr(sklearn_mlp, name)
        functions = [(real, node)]
        if isinstance(node, ast.ClassDef):
            functions = [
                (inspect.getattr_static(real, child.name), child)
                for child in node.body
                if isinstance(child, ast.FunctionDef)
                and child.name in vars(real)
                and not child.name.endswith("_request")
            ]
            assert functions or name == "GradientCheck"
        for function, declaration in functions:
            function = getattr(function, "__func__", function)
            if isinstance(function, property):
                continue
            signature = inspect.signature(function)
            arguments = declaration.args
            stubbed = [*arguments.args, *arguments.kwonlyargs, arguments.kwarg]
            assert [a.arg for a in stubbed if a] == list(signature.parameters), function
            # The same defaults.
            defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
            real_defaults = [
                p.default for p in signature.parameters.values() if p.default is not p.empty
            ]
            assert [ast.literal_eval(d) for d in defaults] == real_defaults, function
