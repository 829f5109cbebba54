"""Restarts, one after the other or in threads."""

from concurrent.futures import CancelledError, ThreadPoolExecutor, wait


def run_all(function, n, n_threads, interrupted):
    """``[function(0), ..., function(n - 1)]``, in threads if there are to be several.

    The first error, or a signal, sets `interrupted`, by which the others end with CancelledError,
    and is raised when they have.
    """
    if n_threads == 1:  # in this thread: signals come to the main thread only
        return [function(number) for number in range(n)]

    def guarded(number):
        if interrupted.is_set():
            raise CancelledError
        try:
            return function(number)
        except BaseException:
            interrupted.set()
            raise

    with ThreadPoolExecutor(n_threads) as pool:
        futures = [pool.submit(guarded, number) for number in range(n)]
        try:
            # Not once and for all: a signal that comes just before a thread begins to wait does
            # not wake it.
            while wait(futures, timeout=0.05).not_done:
                pass
        except BaseException:
            interrupted.set()
            raise
    for future in futures:
        error = future.exception()
        if error is not None and not isinstance(error, CancelledError):
            raise error
    return [future.result() for future in futures]
