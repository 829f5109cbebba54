"""Compare the compiled loops of one hidden layer with bounds: instructions, spills and calls.

Usage: python -P .ci/check_loops.py     (with the package, built by GCC for x86-64)

What the compiler makes of the fused pass decides about its speed, and a change beside it can spoil
it without a word: code inlined into the same function made 8 nodes in float32 three times slower.
No test may measure time, so this reads the module with objdump. With the code of several layers in
the same function it had 1,185 to 2,202 instructions and four calls.
"""

import platform
import re
import subprocess
import sys

from sklearn_mlp import _kernel
from sklearn_mlp._kernel import _bindings

FUNCTION = re.compile(r"[0-9a-f]+ <.*sklearn_mlp::(v3|v4)::train_fused<(\w+), (\d), true>.*>:$")
SPILL = re.compile(r"vmov[au]p[sd]\s+%[xyz]mm\d+,.*\(%r[sb]p")
N_LOOPS = 2 * 2 * 8  # instruction sets, dtypes, numbers of vectors


def bounds(n_vectors):
    """Instructions, spilled vectors and calls at most, those of GCC 12 and a tenth more."""
    return 640 + 120 * n_vectors, 12 + 22 * n_vectors, 2


def loops(path):
    """The instructions of each function, by instruction set, dtype and number of vectors."""
    command = ["objdump", "--disassemble", "--demangle", "--no-show-raw-insn", path]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    functions, current = {}, None
    for line in lines:
        if line.endswith(">:"):
            match = FUNCTION.match(line)
            current = functions.setdefault(match.groups(), []) if match else None
        elif current is not None and "\t" in line:
            current.append(line.split("\t", 1)[1])
    return functions


def main():
    if platform.machine() not in ("x86_64", "AMD64") or not _kernel.compiler().startswith("GCC"):
        print(f"Not read: {platform.machine()}, {_kernel.compiler()}.")
        return
    functions = loops(_bindings.__file__)
    if len(functions) != N_LOOPS:
        sys.exit(f"{len(functions)} loops were found in {_bindings.__file__}, not {N_LOOPS}.")
    failed = False
    for (name, dtype, n_vectors), instructions in functions.items():
        found = (
            len(instructions),
            sum(bool(SPILL.match(line)) for line in instructions),
            sum(line.startswith("call") for line in instructions),
        )
        exceeds = any(a > b for a, b in zip(found, bounds(int(n_vectors)), strict=True))
        failed |= exceeds
        if exceeds:
            print(f"{name}, {dtype}, {n_vectors} vectors: {found} exceed {bounds(int(n_vectors))}")
    if failed:
        sys.exit("Loops of one hidden layer have more instructions, spills or calls than allowed.")
    print(f"{len(functions)} loops are within their bounds.")


if __name__ == "__main__":
    main()
