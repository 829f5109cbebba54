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

import sklearn_mlp
from sklearn_mlp import _reference
from sklearn_mlp._kernel import Rows, hash_rows

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ziglang") is None, reason="needs ziglang")

TESTS = Path(__file__).resolve().parent
# Target: what runs its programs here, bytes of the vectors of its instruction sets.
EMULATED = {
    "x86_64-linux-musl": (None, {0: 0, 1: 16, 2: 32, 3: 64}),
    "aarch64-linux-musl": ("qemu-aarch64", {0: 0, 1: 16}),
}
COMPILED = ["x86_64-windows-gnu", "aarch64-windows-gnu", "x86_64-macos", "aarch64-macos"]
NAMES = ["plain", "baseline", "v3", "v4"]
# The largest difference that the order of additions makes, relative to the largest weight.
TOLERANCE = {np.float64: 1e-10, np.float32: 1e-4}


def zig(*arguments):
    command = [sys.executable, "-m", "ziglang", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr


def compile_driver(target, object_file, level):
    """Compile the driver as meson.build does the kernel, without a warning."""
    zig(
        *("c++", "-target", target, "-std=c++17", level, "-c"),
        *("-fno-trapping-math", "-ffp-contract=fast", "-Wall", "-Wextra", "-Werror"),
        *("-fno-exceptions", "-fno-threadsafe-statics"),  # which would need the C++ library
        *("-I", TESTS.parent / "sklearn_mlp" / "_kernel"),
        *(TESTS / "kernel_driver.cpp", "-o", object_file),
    )


def packed(coefs, intercepts, n_lanes):
    """The weights as in network.hpp, and where each layer's begin."""
    dtype, values, offsets = coefs[0].dtype, [], [0]

    def add(rows, width):
        padded = np.zeros((len(rows), -(-width // n_lanes) * n_lanes), dtype)
        padded[:, :width] = rows
        values.append(padded.ravel())
        offsets.append(offsets[-1] + padded.size)

    for number, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True)):
        rows = coef.T if number == len(coefs) - 1 else coef
        add(rows, rows.shape[1])
        add(intercept[np.newaxis], len(intercept))
    return np.concatenate(values), offsets


def unpacked(values, coefs, offsets):
    """All weights, layer by layer, without the padding, which must be zero."""
    parts, used = [], 0.0
    for number, coef in enumerate(coefs):
        rows = coef.shape[::-1] if number == len(coefs) - 1 else coef.shape
        for at, shape in ((2 * number, rows), (2 * number + 1, (1, coef.shape[1]))):
            layer = values[offsets[at] : offsets[at + 1]].reshape(shape[0], -1)
            parts.append(layer[:, : shape[1]].ravel())
            used += np.abs(layer[:, shape[1] :]).sum()
    assert used == 0.0
    return np.concatenate(parts).astype(float)


def problems(rng, make, dtype, n_lanes):
    """Random problems for one instruction set: the driver's arrays, and what shall come out."""
    for number in range(48):
        n_inputs, n_rows = int(rng.integers(1, 80)), int(rng.integers(1, 30))
        hidden = rng.integers(1, 40, size=rng.integers(1, 4)).tolist()
        bias, sparse, log_loss = number % 2 == 0, number % 3 == 0, number % 5 > 2
        X, y, step, order, coefs, intercepts, LR = make(
            rng, n_inputs, hidden, n_rows, dtype, bias=bias
        )
        alpha = 0.0 if number % 4 else 10 ** rng.uniform(-3, 1)
        weights, offsets = packed(coefs, intercepts, n_lanes)
        matrix = csr_array(X)
        values = matrix.data if sparse else X
        arrays = [
            np.array([n_rows, n_inputs, values.size, len(coefs), len(order), bias, log_loss]),
            np.array([n_inputs, *hidden, 1]),
            np.array(offsets),
            np.array([LR, alpha / step[order].sum()]),
            values,
            *([matrix.indices.astype(np.int32), matrix.indptr.astype(np.int64)] * sparse),
            y,
            step,
            order.astype(np.int64),
            weights,
        ]
        hashes = hash_rows(Rows(X), subset=None, float32=True)
        c, b = ([a.astype(float) for a in layers] for layers in (coefs, intercepts))
        more = {"LR": LR, "order": order, "step": step, "alpha": alpha, "log_loss": log_loss}
        loss = _reference.epoch(X.astype(float), y, c, b if bias else None, **more)
        logits = np.array([_reference.forward(x, c, b)[0][-1][0] for x in X.astype(float)])
        wanted = np.concatenate([a.ravel() for pair in zip(c, b, strict=True) for a in pair])
        yield arrays, sparse, (coefs, offsets, wanted, loss * step[order].sum(), logits, hashes)


@pytest.mark.parametrize("target", EMULATED)
def test_the_kernel_follows_the_reference(target, tmp_path, random_problem):
    emulator, vector_bytes = EMULATED[target]
    if emulator is None and platform.machine() != target.split("-")[0]:
        pytest.skip(f"not on {platform.machine()}")
    if emulator and not shutil.which(emulator):
        pytest.skip(f"needs {emulator}")
    program = tmp_path / "driver"
    compile_driver(target, tmp_path / "driver.o", "-O2")
    zig("cc", "-target", target, tmp_path / "driver.o", "-o", program)
    run = [*([emulator] if emulator else []), str(program), "problems", "results"]
    largest = {}
    for number, n_bytes in vector_bytes.items():
        if emulator is None and NAMES[number] not in sklearn_mlp._kernel.instruction_sets():
            continue
        for dtype in (np.float64, np.float32):
            n_lanes = max(n_bytes // np.dtype(dtype).itemsize, 1)
            rng = np.random.default_rng(number)
            given = list(problems(rng, random_problem, dtype, n_lanes))
            with open(tmp_path / "problems", "wb") as file:
                np.array([len(given)]).tofile(file)
                for arrays, sparse, _ in given:
                    np.array([number, dtype == np.float32, sparse]).tofile(file)
                    for array in arrays:
                        np.ascontiguousarray(array).tofile(file)
            subprocess.run(run, cwd=tmp_path, check=True)
            with open(tmp_path / "results", "rb") as file:
                for _, _, (coefs, offsets, weights, loss, logits, hashes) in given:
                    got = unpacked(np.fromfile(file, dtype, offsets[-1]), coefs, offsets)
                    tally = np.fromfile(file, np.float64, 1)
                    decided = np.fromfile(file, dtype, len(logits))
                    assert np.array_equal(np.fromfile(file, np.uint64, len(hashes)), hashes)
                    np.testing.assert_allclose(tally[0], loss, rtol=1e-4)
                    scale = np.abs(weights).max()
                    difference = max(
                        np.abs(got - weights).max() / scale,
                        np.abs(decided - logits).max() / max(np.abs(logits).max(), 1.0),
                    )
                    key = NAMES[number], np.dtype(dtype).name
                    largest[key] = max(largest.get(key, 0.0), difference)
                assert not file.read(1)
            assert largest[key] < TOLERANCE[dtype], (key, largest[key])
    for key, difference in largest.items():
        sys.stdout.write(f"{target} {' '.join(key)}: largest difference {difference:.1e}\n")


@pytest.mark.parametrize("target", COMPILED)
def test_the_kernel_compiles_without_a_warning(target, tmp_path):
    compile_driver(target, tmp_path / "driver.o", "-O1")
    assert (tmp_path / "driver.o").stat().st_size > 100_000
