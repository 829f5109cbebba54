"""`show_versions`: what a report of a problem should contain."""

import platform
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from sklearn_mlp import show_versions
from sklearn_mlp._kernel import instruction_sets
from sklearn_mlp._kernel.packed import INSTRUCTION_SET


def test_it_names_versions_compiler_and_instruction_sets(capsys, monkeypatch):
    monkeypatch.setenv(INSTRUCTION_SET, "plain")
    show_versions()
    printed = capsys.readouterr().out
    assert f"sklearn-mlp: {version('sklearn-mlp')}\n" in printed
    assert re.search(r"compiler: (GCC|Clang|Visual C\+\+) \d+", printed)
    assert f"instruction sets: {', '.join(instruction_sets())} (plain is used)" in printed
    assert re.search(rf"numpy: {re.escape(version('numpy'))}", printed)


@pytest.mark.skipif(
    platform.machine() != "x86_64" or not Path("/proc/cpuinfo").exists(),
    reason="needs Linux's list of the features of an x86-64 processor",
)
def test_the_instruction_sets_are_those_of_the_processor():
    # Linux's names; it lists what it lets programs use.
    v3 = {"avx2", "fma", "bmi1", "bmi2"}
    needs = {"v3": v3, "v4": v3 | {"avx512f", "avx512dq", "avx512bw", "avx512vl"}}
    flags = set(re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.M)[1].split())
    wide = [name for name in ("v3", "v4") if needs[name] <= flags]
    assert [name for name in instruction_sets() if name not in ("plain", "baseline")] == wide
