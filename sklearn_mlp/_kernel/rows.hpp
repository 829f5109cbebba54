// Access to the rows of X, dense or CSR.
//
// X is never written to and never copied. `for_each(row, f)` calls f(column, value) for each pair of
// a row in ascending order of the columns; hashes are computed by it. CSR rows leave out zeros. A
// zero neither adds to a preactivation nor changes a weight, so that the two formats differ in
// rounding only.
#pragma once

#include <cstddef>
#include <cstdint>

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

}  // namespace sklearn_mlp
