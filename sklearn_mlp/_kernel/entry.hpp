// What one instruction set has for the bindings, see dispatch.hpp. Included after dense.hpp, sparse.hpp.

inline void train(const Rows &rows, const Network &net, const Visits &visits, Tally &tally)
{
    if (visits.n == 0)
        return;
    Tally counted = tally;  // in this thread's memory: the tallies of others lie beside it
    with_rows(rows, [&](const auto &x) { train_rows(x, net, visits, counted); });
    tally = counted;
}

inline void decide(
    const Rows &rows, const Network &net, const std::ptrdiff_t *subset, std::ptrdiff_t first,
    std::ptrdiff_t n, void *logits, std::ptrdiff_t stride)
{
    with_rows(rows, [&](const auto &x) {
        using T = typename std::decay_t<decltype(x)>::Value;
        const auto row_number = [=](std::ptrdiff_t i) { return subset ? subset[i] : first + i; };
        decide_rows(x, net, n, row_number, static_cast<T *>(logits), stride);
    });
}

// Call f with the typed view of dense rows.
template <class F> inline void with_dense_rows(const Rows &rows, F f)
{
    if (rows.is_float)
        f(DenseRows<float>{static_cast<const float *>(rows.values), rows.n_columns});
    else
        f(DenseRows<double>{static_cast<const double *>(rows.values), rows.n_columns});
}

inline void train_in_dual(
    const Rows &rows, const Dual &dual, const Network &net, const Visits &visits, Tally &tally)
{
    Tally counted = tally;
    with_dense_rows(rows, [&](const auto &x) {
        using T = typename std::decay_t<decltype(x)>::Value;
        train_in_dual<T>(dual, net, visits, counted);
    });
    tally = counted;
}

inline void begin_dual(
    const Rows &block, std::ptrdiff_t n, const Dual &dual, const Network &net, std::ptrdiff_t from)
{
    with_dense_rows(block, [&](const auto &x) { begin_dual(x, n, dual, net, from); });
}

inline void end_dual(
    const Rows &block, std::ptrdiff_t n, const Dual &dual, const Network &net, std::ptrdiff_t from)
{
    with_dense_rows(block, [&](const auto &x) { end_dual(x, n, dual, net, from); });
}

inline void gram_block(
    const Rows &block, std::ptrdiff_t n_x, const Rows &other, std::ptrdiff_t n_y, void *gram,
    std::ptrdiff_t n_rows, std::ptrdiff_t t_0, std::ptrdiff_t s_0)
{
    with_dense_rows(block, [&](const auto &x) {
        using T = typename std::decay_t<decltype(x)>::Value;
        const DenseRows<T> y{static_cast<const T *>(other.values), other.n_columns};
        gram_block(x, n_x, y, n_y, static_cast<T *>(gram), n_rows, t_0, s_0);
    });
}

template <class T> constexpr std::ptrdiff_t lanes() { return Lanes<T>::n; }
