"""Times of functions that take turns, and what the processor allows, on one core."""

import os
import platform
import statistics
import time

import numpy as np
import threadpoolctl


def pin_to_one_core():
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def take_turns(functions, n_turns, n_calls=1):
    """Seconds of a call of each function in each turn.

    Parameters
    ----------
    functions : dict of name to function
    n_turns : int
    n_calls : int
        Calls of one function before it is the next one's turn: short functions that share code
        would find it in the caches, or not, by their place in the sequence.

    Returns
    -------
    times : dict of name to list of n_turns floats
    """
    times = {name: [] for name in functions}
    for _ in range(n_turns):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(n_calls):
                function()
            times[name].append((time.perf_counter() - start) / n_calls)
    return times


def ratio(times, name, other, per=1.0):
    """Median over the turns of ``times[name] / times[other]``, times `per`."""
    turns = zip(times[name], times[other], strict=True)
    return per * statistics.median(a / b for a, b in turns)


def peak_flops(dtype=np.float64):
    """Floating-point operations a second in a matrix product that fits the caches."""
    a = np.ones((192, 192), dtype=dtype)
    return 2 * 192**3 / min(take_turns({"product": lambda: a @ a}, 100)["product"])


def bandwidth():
    """Bytes a second, read and written, of a copy that does not fit the caches."""
    a = np.ones(2**24)
    b = np.empty_like(a)
    return 2 * a.nbytes / min(take_turns({"copy": lambda: np.copyto(b, a)}, 10)["copy"])


def blas_kernels():
    """The kernels that NumPy's BLAS has chosen, such as "SkylakeX".

    OPENBLAS_CORETYPE in the environment replaces its choice, often by a slower one. Then the bound
    and the libraries that multiply matrices look slower than they are.
    """
    found = threadpoolctl.ThreadpoolController().select(user_api="blas").info()
    return sorted({str(library.get("architecture")) for library in found})


def processor_name():
    try:
        with open("/proc/cpuinfo") as info:
            return next(
                line.split(":")[1].strip() for line in info if line.startswith("model name")
            )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
