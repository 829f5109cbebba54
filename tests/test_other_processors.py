"""The kernel without Python, compiled by another compiler (zig's Clang) for other processors.

The driver runs on this machine, and on an emulated one; for other systems it is compiled. Without
ziglang and QEMU (Debian's qemu-user) these tests are skipped.
"""

import importlib.util
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from sklearn_mlp import _reference
from sklearn_mlp._kernel import Rows, hash_rows, instruction_sets, losses
from sklearn_mlp._kernel.packed import INSTRUCTION_SET, PackedWeights

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="needs ziglang")

TESTS = Path(__file__).resolve().parent
# Target: what runs its programs here, and its instruction sets, in the order of their numbers.
EMULATED = {
    "x86_64-linux-musl": (None, ["plain", "baseline", "v3", "v4"]),
    "aarch64-linux-musl": ("qemu-aarch64", ["plain", "baseline"]),
}
COMPILED = ["x86_64-windows-gnu", "aarch64-windows-gnu", "x86_64-macos", "aarch64-macos"]
FORMS = ["dense", "sparse", "dual"]  # the numbers of Form in kernel_driver.cpp
# The largest difference that the order of additions makes, relative to the largest weight.
TOLERANCE = {np.float64: 1e-10, np.float32: 1e-4}


def zig(*arguments):
    command = [sys.executable, "-m", "ziglang", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr


def compile_driver(target, folder, level):
    """Compile the driver as meson.build does the kernel, without a warning; the object files."""
    kernel = TESTS.parent / "sklearn_mlp" / "_kernel"
    objects = []
    for source in [TESTS / "kernel_driver.cpp", *kernel.glob("*.cpp")]:
        objects.append(folder / f"{source.stem}.o")
        zig(
            *("c++", "-target", target, "-std=c++17", level, "-c"),
            *("-fno-trapping-math", "-ffp-contract=fast", "-Wall", "-Wextra", "-Werror"),
            *("-fno-exceptions", "-fno-threadsafe-statics"),  # which would need the C++ library
            *("-I", kernel, source, "-o", objects[-1]),
        )
    return objects


def problems(rng, make, dtype):
    """Random problems for one instruction set: the driver's arrays, and what shall come out."""
    for number in range(48):
        n_inputs, n_rows = int(rng.integers(1, 80)), int(rng.integers(1, 30))
        hidden = rng.integers(1, 40, size=rng.integers(1, 4)).tolist()
        bias, form, loss = number % 2 == 0, number % len(FORMS), number % 5 % len(losses())
        sparse = FORMS[form] == "sparse"
        X, y, step, order, coefs, intercepts, LR = make(
            rng, n_inputs, hidden, n_rows, dtype, bias=bias
        )
        alpha = 0.0 if number % 4 else 10 ** rng.uniform(-3, 1)
        packed = PackedWeights(coefs, intercepts)
        matrix = csr_array(X)
        values = matrix.data if sparse else X
        arrays = [
            np.array([n_rows, n_inputs, values.size, len(coefs), len(order), bias, loss]),
            np.array([n_inputs, *hidden, 1]),
            np.array(packed._offsets),
            np.array([LR, alpha / step[order].sum()]),
            values,
            *([matrix.indices.astype(np.int32), matrix.indptr.astype(np.int64)] * sparse),
            y,
            step,
            order.astype(np.int64),
            packed.buffer.copy(),
        ]
        hashes = hash_rows(Rows(X), subset=None, float32=True)
        coefs, intercepts = ([a.astype(float) for a in part] for part in (coefs, intercepts))
        X = X.astype(float)
        more = {"LR": LR, "order": order, "step": step, "alpha": alpha}
        more["loss"] = losses()[loss]
        mean_loss = _reference.epoch(X, y, coefs, intercepts if bias else None, **more)
        logits = np.array([_reference.forward(x, coefs, intercepts)[0][-1][0] for x in X])
        wanted = ([*coefs, *intercepts], mean_loss * step[order].sum(), logits, hashes)
        yield arrays, form, packed, wanted


def largest_difference(file, packed, wanted):
    """Between what the driver wrote and the reference, relative to the largest weight and logit."""
    weights, loss, logits, hashes = wanted
    dtype = packed.buffer.dtype
    packed.buffer[...] = np.fromfile(file, dtype, packed.buffer.size)
    np.testing.assert_allclose(np.fromfile(file, np.float64, 1)[0], loss, rtol=1e-4)
    decided = np.fromfile(file, dtype, len(logits))
    np.testing.assert_array_equal(np.fromfile(file, np.uint64, len(hashes)), hashes)
    pairs = zip([*packed.coefs, *packed.intercepts], weights, strict=True)
    scale = max(np.abs(weight).max() for weight in weights)
    return max(
        max(np.abs(got - want).max() for got, want in pairs) / scale,
        np.abs(decided - logits).max() / max(np.abs(logits).max(), 1.0),
    )


@pytest.mark.parametrize("target", EMULATED)
def test_the_kernel_follows_the_reference(target, tmp_path, random_problem, monkeypatch):
    emulator, names = EMULATED[target]
    if emulator is None and platform.machine() != target.split("-")[0]:
        pytest.skip(f"not on {platform.machine()}")
    if emulator and not shutil.which(emulator):
        pytest.skip(f"needs {emulator}")
    objects = compile_driver(target, tmp_path, "-O2")
    zig("cc", "-target", target, *objects, "-o", tmp_path / "driver")
    run = [*([emulator] if emulator else []), str(tmp_path / "driver"), "problems", "results"]
    # The layout of the weights is that of the instruction set of the same name here.
    for number, name in enumerate(names):
        if name not in instruction_sets():
            continue
        monkeypatch.setenv(INSTRUCTION_SET, name)
        for dtype, tolerance in TOLERANCE.items():
            given = list(problems(np.random.default_rng(number), random_problem, dtype))
            with open(tmp_path / "problems", "wb") as file:
                np.array([len(given)]).tofile(file)
                for arrays, form, _, _ in given:
                    np.array([number, dtype == np.float32, form]).tofile(file)
                    for array in arrays:
                        np.ascontiguousarray(array).tofile(file)
            subprocess.run(run, cwd=tmp_path, check=True)
            with open(tmp_path / "results", "rb") as file:
                difference = max(largest_difference(file, *rest) for _, _, *rest in given)
                assert not file.read(1)
            kind = f"{target} {name} {np.dtype(dtype).name}"
            sys.stdout.write(f"{kind}: largest difference {difference:.1e}\n")
            assert difference < tolerance, kind


@pytest.mark.parametrize("target", COMPILED)
def test_the_kernel_compiles_without_a_warning(target, tmp_path):
    objects = compile_driver(target, tmp_path, "-O1")
    assert sum(file.stat().st_size for file in objects) > 100_000
