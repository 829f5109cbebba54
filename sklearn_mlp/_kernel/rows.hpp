// Access to the rows of X, dense or CSR, and the hash that gives rows a canonical order.
//
// A kernel visits rows in random order and needs only one thing of them: each (column, value)
// pair in ascending order of the columns. `for_each(row, f)` calls f(column, value) for them and
// is inlined, so one text of the network's mathematics serves both formats. X is never written
// to and never copied. CSR rows leave out zeros; a zero neither adds to a preactivation nor
// changes a weight, so the two formats differ in rounding only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sklearn_mlp {

// X as the bindings know it: untyped, so that one struct stands for all six kinds.
struct Rows {
    const void *values;            // IN  (n_rows, n_columns) C order, or (n_nonzero,)
    const void *columns;           // IN  (n_nonzero,) or NULL for dense
    const std::ptrdiff_t *starts;  // IN  (n_rows + 1,) or NULL for dense
    std::ptrdiff_t n_columns;
    bool is_float;                 // values are float, else double
    bool wide_columns;             // columns are int64, else int32
};

template <class T>
struct DenseRows {
    using Value = T;
    const T *values;
    std::ptrdiff_t n_columns;

    template <class F>
    void for_each(std::ptrdiff_t row, F f) const
    {
        const T *x = values + row * n_columns;
        for (std::ptrdiff_t column = 0; column < n_columns; ++column)
            f(column, x[column]);
    }
};

template <class T, class Index>
struct CsrRows {
    using Value = T;
    const T *values;
    const Index *columns;
    const std::ptrdiff_t *starts;

    template <class F>
    void for_each(std::ptrdiff_t row, F f) const
    {
        for (std::ptrdiff_t p = starts[row]; p < starts[row + 1]; ++p)
            f(static_cast<std::ptrdiff_t>(columns[p]), values[p]);
    }
};

// Call f with the typed view of `rows`.
template <class T, class F>
void with_typed_rows(const Rows &rows, F f)
{
    const T *values = static_cast<const T *>(rows.values);
    if (!rows.starts)
        f(DenseRows<T>{values, rows.n_columns});
    else if (rows.wide_columns)
        f(CsrRows<T, std::int64_t>{values, static_cast<const std::int64_t *>(rows.columns), rows.starts});
    else
        f(CsrRows<T, std::int32_t>{values, static_cast<const std::int32_t *>(rows.columns), rows.starts});
}

template <class F>
void with_rows(const Rows &rows, F f)
{
    if (rows.is_float)
        with_typed_rows<float>(rows, f);
    else
        with_typed_rows<double>(rows, f);
}

// The finaliser of splitmix64 (Steele, Lea and Flood, 2014, https://doi.org/10.1145/2660193.2660195).
inline std::uint64_t mix(std::uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// One 64-bit hash per row: the sum of mix(column, value) over the values that are not zero.
// A sum, so that zeros may be stored or not. The bits of the value are those of its rounding to
// `Rounded`: with float, a float64 table and its float32 copy hash alike.
template <class Rounded>
void hash_rows(
    const Rows &rows,
    const std::ptrdiff_t *subset,  // IN  (n,) row numbers, or NULL for rows 0 to n - 1
    std::ptrdiff_t n,
    std::uint64_t *hashes)         // OUT (n,)
{
    with_rows(rows, [=](const auto &x) {
        for (std::ptrdiff_t i = 0; i < n; ++i) {
            std::uint64_t sum = 0;
            x.for_each(subset ? subset[i] : i, [&](std::ptrdiff_t column, auto value) {
                const Rounded rounded = static_cast<Rounded>(value);
                if (rounded == 0)  // also -0.0
                    return;
                std::uint64_t bits = 0;
                std::memcpy(&bits, &rounded, sizeof rounded);
                sum += mix(bits + 0x9E3779B97F4A7C15u * (static_cast<std::uint64_t>(column) + 1));
            });
            hashes[i] = sum;
        }
    });
}

}  // namespace sklearn_mlp
