# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""Python's way into the C++ headers beside this file.

`Rows` and `Network` tie NumPy arrays to the kernel's structs once per fit or prediction; the
functions then take an epoch, or a chunk of one, in a single call without the GIL. No values are
copied: the arrays must be C-contiguous, aligned and of the exact dtype, else TypeError.
"""

cimport numpy as cnp
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool
from libc.math cimport isfinite
from libc.string cimport memcpy
from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer
from numpy.random cimport bitgen_t

import numpy as np

cnp.import_array()

cdef void *_data(object array, int dtype, int ndim, bint writable) except? NULL:
    """The address of a C-contiguous array of exactly this kind; TypeError for any other."""
    cdef cnp.ndarray a = array
    cdef bint fits = cnp.PyArray_ISCARRAY(a) if writable else cnp.PyArray_ISCARRAY_RO(a)
    if not (fits and cnp.PyArray_EquivTypenums(cnp.PyArray_TYPE(a), dtype) and a.ndim == ndim):
        raise TypeError(
            f"kernel: expected a {'writable ' if writable else ''}C-contiguous {ndim}-D array of "
            f"type number {dtype}, got {a.ndim}-D {a.dtype} with flags\n{a.flags}"
        )
    return cnp.PyArray_DATA(a)


cdef const ptrdiff_t *_row_numbers(object rows, ptrdiff_t *n) except? NULL:
    cdef const ptrdiff_t *address = <const ptrdiff_t *>_data(rows, cnp.NPY_INTP, 1, False)
    n[0] = cnp.PyArray_DIM(<cnp.ndarray>rows, 0)
    return address


cdef class Rows:
    """The rows of X, read where they lie.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns) or CSR container
        float64 or float32, finite; of a CSR container to train on, the columns are sorted, without
        duplicates.
    """

    def __cinit__(self, X):
        self.n_rows, self.view.n_columns = X.shape
        self.dtype = X.dtype
        self.view.is_float = X.dtype == np.float32
        cdef int dtype = cnp.NPY_FLOAT if self.view.is_float else cnp.NPY_DOUBLE
        if isinstance(X, np.ndarray):
            self.arrays = X
            self.n_values = X.size
            self.view.values = _data(X, dtype, 2, False)
            return
        self.n_values = X.nnz
        starts = X.indptr.astype(np.intp, copy=False)
        self.arrays = (X.data, X.indices, starts)
        self.view.wide_columns = X.indices.dtype == np.int64
        self.view.values = _data(X.data, dtype, 1, False)
        self.view.columns = _data(
            X.indices, cnp.NPY_INT64 if self.view.wide_columns else cnp.NPY_INT32, 1, False)
        self.view.starts = <const ptrdiff_t *>_data(starts, cnp.NPY_INTP, 1, False)


def compiler():
    """Name and version of the compiler that built this module."""
    return c_compiler.decode().strip()


_numbers = {
    instruction_set_of(number).name.decode(): number
    for number in range(n_instruction_sets)
    if instruction_set_of(number).available
}


def instruction_sets():
    """Names of the instruction sets that this processor and build have, from the plainest on."""
    return list(_numbers)


cdef CInstructionSet _instruction_set(str name) except *:
    if name not in _numbers:
        raise ValueError(f"no instruction set {name!r} here, only {instruction_sets()}")
    return instruction_set_of(_numbers[name])


def lanes(str instruction_set, dtype):
    """Values of a dtype in one vector of an instruction set."""
    cdef CInstructionSet isa = _instruction_set(instruction_set)
    return isa.float_lanes if dtype == np.float32 else isa.double_lanes


cdef class Network:
    """The weights of one network with a single output node, and scratch memory for one thread.

    Parameters
    ----------
    weights : ndarray of shape (n_values,)
        All weights in the layout of network.hpp, changed by `train` in place.
    sizes : list of int
        Number of nodes of each layer, inputs first.
    offsets : list of int
        Where in `weights` each layer's weights and then its biases begin, layer by layer, and
        n_values; see `sklearn_mlp._kernel.packed`.
    activations : (str, str)
        Of the hidden nodes and of the output node; ValueError for any but "logistic".
    instruction_set : str
    train_biases : bool
        False leaves the biases as they are (a network without bias nodes).
    sharing : Network or None
        A network of the same sizes, dtype and instruction set, used by the same thread, whose
        scratch memory this one uses too.
    """

    def __cinit__(
        self, weights, sizes, offsets, *, activations, str instruction_set, bint train_biases,
        Network sharing=None,
    ):
        cdef CLayer layer
        cdef Py_ssize_t number, n_layers = len(sizes) - 1
        for activation in activations:
            if activation != "logistic":
                raise ValueError(f"kernel: no activation {activation!r}, only 'logistic'")
        self.isa = _instruction_set(instruction_set)
        self.dtype = weights.dtype
        cdef bint is_float = self.dtype == np.float32
        cdef ptrdiff_t itemsize = sizeof(float) if is_float else sizeof(double)
        cdef ptrdiff_t n_lanes = self.isa.float_lanes if is_float else self.isa.double_lanes
        cdef char *first = <char *>_data(
            weights, cnp.NPY_FLOAT if is_float else cnp.NPY_DOUBLE, 1, True)
        if len(offsets) != 2 * n_layers + 1 or offsets[2 * n_layers] != len(weights):
            raise TypeError("kernel: the offsets are not those of the weights")
        strides = [offsets[2 * number + 2] - offsets[2 * number + 1] for number in range(n_layers)]
        # Zeros: the padding of the error signals is never written, and has to be zero.
        cdef ptrdiff_t width = -(-sizes[0] // n_lanes) * n_lanes
        cdef Py_ssize_t n_scratch = 2 * sum(strides) + block_scratch(width, strides[0])
        cdef cnp.ndarray scratch = (
            np.zeros(n_scratch, dtype=self.dtype) if sharing is None else sharing.scratch)
        if scratch.size != n_scratch or scratch.dtype != self.dtype:
            raise TypeError("kernel: the scratch memory is that of another kind of network")
        cdef char *free = <char *>cnp.PyArray_DATA(scratch)
        for number in range(n_layers):
            layer.fan_in, layer.fan_out = sizes[number], sizes[number + 1]
            layer.stride = strides[number]
            layer.weights = first + <ptrdiff_t>offsets[2 * number] * itemsize
            layer.biases = first + <ptrdiff_t>offsets[2 * number + 1] * itemsize
            layer.postact = free
            layer.error = free + layer.stride * itemsize
            free += 2 * layer.stride * itemsize
            self.layers.push_back(layer)
        self.arrays, self.scratch = weights, scratch
        self.view.layers = self.layers.data()
        self.view.n_layers = self.layers.size()
        self.view.block = free
        self.view.train_biases = train_biases


def shuffled(visits, generator):
    """The visits in random order: a replacement for `generator.permutation`, twice as fast.

    Parameters
    ----------
    visits : ndarray of shape (n,), dtype intp, IN
    generator : numpy.random.Generator, IN/OUT

    Returns
    -------
    order : ndarray of shape (n,), dtype intp
    """
    cdef ptrdiff_t n = 0
    cdef const ptrdiff_t *c_visits = _row_numbers(visits, &n)
    order = np.empty(n, dtype=np.intp)
    _shuffle(c_visits, <ptrdiff_t *>cnp.PyArray_DATA(<cnp.ndarray>order), n, generator)
    return order


cdef int _shuffle(
    const ptrdiff_t *visits, ptrdiff_t *order, ptrdiff_t n, generator
) except -1:
    cdef ptrdiff_t i, j, start, stop
    bits = generator.bit_generator
    cdef bitgen_t *state = <bitgen_t *>PyCapsule_GetPointer(bits.capsule, "BitGenerator")
    # Fisher and Yates's shuffle, from the inside out. A random double has 53 bits, so that a place
    # among n is drawn with the right probability to n / 2^53.
    for start in range(0, n, 1 << 20):
        PyErr_CheckSignals()
        stop = min(start + (1 << 20), n)
        with bits.lock, nogil:
            for i in range(start, stop):
                j = <ptrdiff_t>(state.next_double(state.state) * (i + 1))
                order[i] = order[j]
                order[j] = visits[i]
    return 0


def gram_block(Rows block, Rows other, gram, Py_ssize_t t_0, Py_ssize_t s_0, str instruction_set):
    """Set the products of the rows of two blocks, ``gram[t, s]`` and ``gram[s, t]``.

    Parameters
    ----------
    block, other : Rows of shape (n_x, n_columns) and (n_y, n_columns), dense, IN
    gram : ndarray of shape (n, n), OUT
    t_0, s_0 : int
        Numbers of the first rows of the blocks.
    instruction_set : str
    """
    cdef CInstructionSet isa = _instruction_set(instruction_set)
    cdef void *c_gram = _data(
        gram, cnp.NPY_FLOAT if block.view.is_float else cnp.NPY_DOUBLE, 2, True)
    cdef Py_ssize_t n = len(gram)
    if (
        block.view.starts != NULL
        or other.view.starts != NULL
        or block.dtype != other.dtype
        or block.view.n_columns != other.view.n_columns
        or gram.shape[1] != n
        or not (0 <= t_0 <= n - block.n_rows and 0 <= s_0 <= n - other.n_rows)
    ):
        raise TypeError("kernel: these are no blocks of dense rows of one Gram matrix")
    with nogil:
        isa.gram_block(
            block.view, block.n_rows, other.view, other.n_rows, c_gram, n, t_0, s_0)


cdef class Dual:
    """The first layer of a network in the dual, see dual.hpp.

    While it is trained so, the network's own weights of the first layer stay as they are. `begin`
    is to be called for all blocks of rows before, and `end`, in order, to make the weights anew.

    Parameters
    ----------
    network : Network
    gram : ndarray of shape (n, n), IN
        Of the n distinct rows.
    places : ndarray of dtype intp, IN
        For each row of X, its number among the distinct rows.
    """

    def __cinit__(self, Network network, gram, places):
        cdef int dtype = cnp.NPY_FLOAT if network.dtype == np.float32 else cnp.NPY_DOUBLE
        cdef CLayer first = network.view.layers[0]
        cdef ptrdiff_t n = len(gram), n_places = 0
        self.view.gram = _data(gram, dtype, 2, False)
        self.view.places = _row_numbers(places, &n_places)
        if gram.shape[1] != n or not n_places or places.min() < 0 or places.max() >= n:
            raise TypeError("kernel: the places are not those of the rows of the Gram matrix")
        initial = np.empty((first.fan_in, first.stride), dtype=network.dtype)
        start, change = np.zeros((2, n, first.stride), dtype=network.dtype)
        memcpy(cnp.PyArray_DATA(<cnp.ndarray>initial), first.weights, initial.nbytes)
        self.network, self.n_places, self.factor = network, n_places, 1.0
        self.arrays = gram, places, initial, start, change
        self.view.initial = cnp.PyArray_DATA(<cnp.ndarray>initial)
        self.view.start = cnp.PyArray_DATA(<cnp.ndarray>start)
        self.view.change = cnp.PyArray_DATA(<cnp.ndarray>change)
        self.view.factor = &self.factor
        self.view.n_rows = n

    cdef int _check(self, Rows block, Py_ssize_t first) except -1:
        _check_together(block, self.network, None)
        if block.view.starts != NULL or not 0 <= first <= self.view.n_rows - block.n_rows:
            raise TypeError("kernel: this is no block of the rows of the dual")
        return 0

    def begin(self, Rows block, Py_ssize_t first):
        """Take note of a block of the distinct rows, from number `first` on."""
        self._check(block, first)
        with nogil:
            self.network.isa.begin_dual(
                block.view, block.n_rows, self.view, self.network.view, first)

    def end(self, Rows block, Py_ssize_t first):
        """Add the part of a block to the network's weights, the block 0 first."""
        self._check(block, first)
        with nogil:
            self.network.isa.end_dual(
                block.view, block.n_rows, self.view, self.network.view, first)


_losses = {loss_names[number].decode(): number for number in range(n_losses)}


def losses():
    """Names of the losses, in the order of their numbers."""
    return list(_losses)


def train(
    Rows rows, Network network, *, order, classes, int32_t positive, step, learning_rate,
    double alpha, str loss, double[::1] tally, Dual dual=None,
):
    """Visit rows in the given order and change the network's weights after each.

    Parameters
    ----------
    rows, network : Rows (IN) and Network (IN/OUT) of one dtype
    order : ndarray of shape (n_visits,), dtype intp, IN
    classes : ndarray of shape (n_rows,), dtype int32, IN
    positive : int
        The class whose target is 1; every other's is 0.
    step : ndarray of shape (n_rows,), dtype float64, or None for 1, IN
    learning_rate : (float, float)
        Of samples whose target is 0, and of those whose target is 1.
    alpha : float
        Every weight but the biases shrinks by ``max(0, 1 - learning_rate * step * alpha)`` in a
        visit.
    loss : str
        Its name, one of those in losses.hpp; ValueError for any other.
    tally : ndarray of shape (3,), dtype float64, IN/OUT
        Sum of step * loss, lowest and highest preactivation of the output node.
    dual : Dual of these rows and this network, or None
    """
    cdef CVisits visits
    _check_together(rows, network, step)
    visits.order = _row_numbers(order, &visits.n)
    visits.classes = _classes(rows, classes)
    visits.positive = positive
    visits.step = _step(step)
    if tally.shape[0] != 3:
        raise TypeError("kernel: tally must have three values")
    visits.learning_rate[0], visits.learning_rate[1] = learning_rate
    visits.alpha = alpha
    visits.loss = _loss(loss)
    if dual is not None:
        if dual.n_places != rows.n_rows or dual.network is not network:
            raise TypeError("kernel: the dual is that of other rows or another network")
        with nogil:
            network.isa.train_in_dual(
                rows.view, dual.view, network.view, visits, (<CTally *>&tally[0])[0])
        return
    with nogil:
        network.isa.train(rows.view, network.view, visits, (<CTally *>&tally[0])[0])


cdef int _check_together(Rows rows, Network network, step) except -1:
    if rows.dtype != network.dtype or rows.view.n_columns != network.view.layers[0].fan_in:
        raise TypeError("kernel: X and the network must be of one dtype and number of inputs")
    if step is not None and len(step) != rows.n_rows:
        raise TypeError("kernel: step must have one value per row")
    return 0


cdef const double *_step(step) except? NULL:
    if step is None:
        return NULL
    return <const double *>_data(step, cnp.NPY_DOUBLE, 1, False)


cdef const int32_t *_classes(Rows rows, classes) except? NULL:
    if len(classes) != rows.n_rows:
        raise TypeError("kernel: classes must have one value per row")
    return <const int32_t *>_data(classes, cnp.NPY_INT32, 1, False)


cdef CLoss _loss(str loss) except *:
    if loss not in _losses:
        raise ValueError(f"kernel: no loss {loss!r}, only {list(_losses)}")
    return <CLoss><int>_losses[loss]


def train_epochs(
    Rows rows, list networks, *, visits, generator, ptrdiff_t chunk, list targets, step,
    const double[:, :, ::1] learning_rates, const double[::1] alpha_factors, of_loss,
    double last_loss, double total, str loss, is_interrupted, list done, list duals=None,
):
    """Train for several epochs all networks, one after the other in each epoch.

    It does what `train`, called for each network and chunk of each epoch, does, with less time
    between the calls. Signals are asked for after each chunk.

    Parameters
    ----------
    rows, networks : Rows (IN) and list of Network (IN/OUT)
    visits : ndarray of shape (n_visits,), dtype intp, IN
    generator : numpy.random.Generator, or None if each epoch visits the rows as given, IN/OUT
    chunk : int
        Number of visits of one call of the kernel.
    targets : list of (classes, positive)
        Of each network, see `train`.
    step, loss : see `train`
    learning_rates : ndarray of shape (n_epochs, n_networks, 2), dtype float64, IN
    alpha_factors : ndarray of shape (n_epochs,), dtype float64, IN
    of_loss : callable
        What a factor is multiplied by to make alpha, from the mean loss of the epoch before.
    last_loss : float
        Mean loss of the epoch before.
    total : float
        Sum of the steps of all visits.
    is_interrupted : callable
        Training ends if it returns True.
    done : list, OUT
        Gets the mean loss and the alpha of each epoch as soon as it has ended.
    duals : list of Dual, one of each network, or None

    Returns
    -------
    is_finite : bool
        False if training has ended because the tallies of an epoch are not finite.
    """
    cdef CVisits call
    cdef CTally tally
    cdef Network network
    cdef Dual dual
    cdef Py_ssize_t epoch, number, n_networks = len(networks)
    cdef ptrdiff_t n_visits = 0, start
    cdef const ptrdiff_t *order
    cdef double alpha
    cdef bint is_finite = True
    if not (
        len(targets) == learning_rates.shape[1] == n_networks
        and (duals is None or [(<Dual>d).network for d in duals] == networks)
        and learning_rates.shape[2] == 2
        and alpha_factors.shape[0] == learning_rates.shape[0]
        and chunk > 0
    ):
        raise TypeError("kernel: targets, rates and factors must be those of networks and epochs")
    sums = np.empty(n_networks)
    cdef double *c_sums = <double *>cnp.PyArray_DATA(<cnp.ndarray>sums)
    for network in networks:
        _check_together(rows, network, step)
    call.step, call.loss = _step(step), _loss(loss)
    order = _row_numbers(visits, &n_visits)
    permuted = np.empty(n_visits, dtype=np.intp)
    for epoch in range(learning_rates.shape[0]):
        if generator is not None:
            order = <ptrdiff_t *>cnp.PyArray_DATA(<cnp.ndarray>permuted)
            _shuffle(_row_numbers(visits, &n_visits), <ptrdiff_t *>order, n_visits, generator)
        alpha = alpha_factors[epoch] * of_loss(last_loss)
        call.alpha = alpha / total
        for number in range(n_networks):
            network, (classes, call.positive) = networks[number], targets[number]
            call.classes = _classes(rows, classes)
            call.learning_rate[0] = learning_rates[epoch, number, 0]
            call.learning_rate[1] = learning_rates[epoch, number, 1]
            tally.loss, tally.lowest, tally.highest = 0.0, float("inf"), -float("inf")
            for start in range(0, n_visits, chunk):
                call.order, call.n = order + start, min(chunk, n_visits - start)
                if duals is None:
                    with nogil:
                        network.isa.train(rows.view, network.view, call, tally)
                else:
                    dual = duals[number]
                    with nogil:
                        network.isa.train_in_dual(
                            rows.view, dual.view, network.view, call, tally)
                PyErr_CheckSignals()
                if is_interrupted():
                    return True
            c_sums[number] = tally.loss
            is_finite = is_finite and (
                isfinite(tally.loss) and isfinite(tally.lowest) and isfinite(tally.highest)
            )
        if not is_finite:
            return False
        # NumPy's order of additions.
        last_loss = c_sums[0] if n_networks == 1 else float(np.add.reduce(sums))
        last_loss /= n_networks * total
        done.append((last_loss, alpha))
    return True


def decide(Rows rows, Network network, *, subset, ptrdiff_t first, logits):
    """Write the output node's preactivation of some rows into `logits`.

    Parameters
    ----------
    rows, network : Rows and Network of one dtype, IN
    subset : ndarray of shape (n,), dtype intp, or None for rows `first` to `first + n - 1`, IN
    first : int
    logits : ndarray of shape (n,), may be strided, OUT
    """
    cdef cnp.ndarray out = logits
    if (
        rows.dtype != network.dtype
        or out.dtype != rows.dtype
        or out.ndim != 1
        or not cnp.PyArray_ISBEHAVED(out)
        or rows.view.n_columns != network.view.layers[0].fan_in
    ):
        raise TypeError("kernel: X, the network and the logits do not go together")
    cdef ptrdiff_t n = cnp.PyArray_DIM(out, 0)
    cdef ptrdiff_t stride = cnp.PyArray_STRIDE(out, 0) // cnp.PyArray_ITEMSIZE(out)
    cdef const ptrdiff_t *c_subset = NULL
    if subset is not None:
        c_subset = _row_numbers(subset, &n)
        if n != cnp.PyArray_DIM(out, 0):
            raise TypeError("kernel: as many logits as rows are needed")
    elif first < 0 or first + n > rows.n_rows:
        raise TypeError("kernel: more logits than rows")
    with nogil:
        network.isa.decide(
            rows.view, network.view, c_subset, first, n, cnp.PyArray_DATA(out), stride)


def hash_rows(Rows rows, *, subset, bint float32):
    """64-bit hashes of the non-zero values of rows and their columns.

    Parameters
    ----------
    rows : Rows, IN
    subset : ndarray of shape (n,), dtype intp, or None for all rows, IN
    float32 : bool
        Round the values to float32 first.

    Returns
    -------
    hashes : ndarray of shape (n,), dtype uint64
    """
    cdef ptrdiff_t n = rows.n_rows
    cdef const ptrdiff_t *c_subset = NULL
    if subset is not None:
        c_subset = _row_numbers(subset, &n)
    hashes = np.empty(n, dtype=np.uint64)
    cdef uint64_t *out = <uint64_t *>_data(hashes, cnp.NPY_UINT64, 1, True)
    with nogil:
        if float32:
            c_hash_rows[float](rows.view, c_subset, n, out)
        else:
            c_hash_rows[double](rows.view, c_subset, n, out)
    return hashes


cdef const char *_labels(y) except NULL:
    if not (
        cnp.PyArray_EquivTypenums(cnp.PyArray_TYPE(y), cnp.NPY_INT64)
        and cnp.PyArray_ISALIGNED(y)
        and cnp.PyArray_NDIM(y) == 1
    ):
        raise TypeError("kernel: expected aligned labels of int64")
    return <const char *>cnp.PyArray_DATA(y)


def range_of_integers(y):
    """The lowest and the highest of n labels, n > 0, see `encode_integers`."""
    cdef const char *label = _labels(y)
    cdef ptrdiff_t n = cnp.PyArray_DIM(y, 0), stride = cnp.PyArray_STRIDE(y, 0), i
    cdef int64_t low = (<const int64_t *>label)[0], high = low, value
    for i in range(n):
        value = (<const int64_t *>(label + i * stride))[0]
        low, high = min(low, value), max(high, value)
    return low, high


def mark_integers(y, ptrdiff_t low, char[::1] marks):
    """Set ``marks[label - low]`` to 1 for each label of `y`, see `encode_integers`."""
    cdef const char *label = _labels(y)
    cdef ptrdiff_t n = cnp.PyArray_DIM(y, 0), stride = cnp.PyArray_STRIDE(y, 0), i
    cdef size_t place, size = marks.shape[0]
    for i in range(n):
        place = <size_t>(<const int64_t *>(label + i * stride))[0] - <size_t>low
        if place < size:
            marks[place] = 1


def encode_integers(y, ptrdiff_t low, const int32_t[::1] table):
    """Numbers of the classes of integer labels, by a table; None if one of them is not in it.

    Parameters
    ----------
    y : ndarray of shape (n,), dtype int64, may be strided, IN
    low : int
    table : ndarray of dtype int32, IN
        Numbers of the labels ``low``, ``low + 1``, ...; -1 for those that are no classes.

    Returns
    -------
    numbers : ndarray of shape (n,), dtype int32, or None
    """
    cdef const char *label = _labels(y)
    cdef ptrdiff_t n = cnp.PyArray_DIM(y, 0), stride = cnp.PyArray_STRIDE(y, 0), i
    cdef size_t place, size = table.shape[0]
    cdef cnp.npy_intp shape = n
    numbers = cnp.PyArray_EMPTY(1, &shape, cnp.NPY_INT32, 0)
    cdef int32_t *out = <int32_t *>cnp.PyArray_DATA(numbers)
    for i in range(n):
        place = <size_t>(<const int64_t *>(label + i * stride))[0] - <size_t>low
        if place >= size or table[place] < 0:
            return None
        out[i] = table[place]
    return numbers
