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

template <class T> constexpr std::ptrdiff_t lanes() { return Lanes<T>::n; }
