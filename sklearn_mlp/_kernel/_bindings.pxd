"""The C++ structs, and the classes that tie NumPy arrays to them, for the other Cython modules."""

from libc.stddef cimport ptrdiff_t
from libc.stdint cimport int32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

cdef extern from "portability.hpp":
    const char *c_compiler "SKLEARN_MLP_COMPILER"

cdef extern from "rows.hpp" namespace "sklearn_mlp" nogil:
    cdef struct CRows "sklearn_mlp::Rows":
        const void *values
        const void *columns
        const ptrdiff_t *starts
        ptrdiff_t n_columns
        cbool is_float
        cbool wide_columns

cdef extern from "hash.hpp" namespace "sklearn_mlp" nogil:
    void c_hash_rows "sklearn_mlp::hash_rows" [Rounded](
        const CRows &, const ptrdiff_t *, ptrdiff_t, uint64_t *)

cdef extern from "dispatch.hpp" namespace "sklearn_mlp" nogil:
    ctypedef enum CLoss "sklearn_mlp::Loss":
        pass
    const int n_losses
    const char **loss_names
    cdef struct CLayer "sklearn_mlp::Layer":
        void *weights
        void *biases
        void *postact
        void *error
        ptrdiff_t fan_in
        ptrdiff_t fan_out
        ptrdiff_t stride
    cdef struct CNetwork "sklearn_mlp::Network":
        CLayer *layers
        ptrdiff_t n_layers
        void *block
        cbool train_biases
    cdef struct CDual "sklearn_mlp::Dual":
        const void *initial
        void *start
        void *change
        const void *gram
        const ptrdiff_t *places
        double *factor
        ptrdiff_t n_rows
    cdef struct CTally "sklearn_mlp::Tally":
        double loss
        double lowest
        double highest
    cdef struct CVisits "sklearn_mlp::Visits":
        const ptrdiff_t *order
        ptrdiff_t n
        const int32_t *classes
        int32_t positive
        const double *step
        double learning_rate[2]
        double alpha
        CLoss loss
    cdef struct CInstructionSet "sklearn_mlp::InstructionSet":
        const char *name
        cbool available
        ptrdiff_t double_lanes
        ptrdiff_t float_lanes
        void (*train)(const CRows &, const CNetwork &, const CVisits &, CTally &) noexcept nogil
        void (*decide)(const CRows &, const CNetwork &, const ptrdiff_t *, ptrdiff_t, ptrdiff_t,
                       void *, ptrdiff_t) noexcept nogil
        void (*train_in_dual)(
            const CRows &, const CDual &, const CNetwork &, const CVisits &, CTally &) noexcept nogil
        void (*begin_dual)(const CRows &, ptrdiff_t, const CDual &, const CNetwork &,
                           ptrdiff_t) noexcept nogil
        void (*end_dual)(const CRows &, ptrdiff_t, const CDual &, const CNetwork &,
                         ptrdiff_t) noexcept nogil
        void (*gram_block)(const CRows &, ptrdiff_t, const CRows &, ptrdiff_t, void *, ptrdiff_t,
                           ptrdiff_t, ptrdiff_t) noexcept nogil
    const int n_instruction_sets
    CInstructionSet instruction_set_of(int)
    ptrdiff_t block_scratch(ptrdiff_t, ptrdiff_t)

cdef class Rows:
    cdef CRows view
    cdef object arrays  # keeps the memory alive
    cdef readonly object dtype
    cdef readonly Py_ssize_t n_rows
    cdef readonly Py_ssize_t n_values  # stored ones

cdef class Network:
    cdef CNetwork view
    cdef CInstructionSet isa
    cdef vector[CLayer] layers
    cdef object arrays, scratch  # keep the memory alive
    cdef readonly object dtype

cdef class Dual:
    cdef CDual view
    cdef double factor
    cdef Network network
    cdef Py_ssize_t n_places
    cdef object arrays  # keep the memory alive
    cdef int _check(self, Rows block, Py_ssize_t first) except -1
