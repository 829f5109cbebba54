// Training and decisions on CSR rows.
//
// Only the weights of the inputs that are not zero take part in a sample: forward adds their rows
// of W, backward changes the same rows. They lie anywhere in a large W, so the rows of the next
// sample are fetched ahead of need. Included once per instruction set, after layers.hpp.

// S_preA of the first hidden layer into its `postact`, in stripes of vectors that fit registers.
template <class T, class Index>
void first_preactivation(
    const CsrRows<T, Index> &x, const TypedLayer<T> &first, std::ptrdiff_t row, T scale)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n, stripe = 4 * n;
    const std::ptrdiff_t begin = x.starts[row], end = x.starts[row + 1];
    std::ptrdiff_t j = 0;
    for (; j + stripe <= first.stride; j += stripe) {
        Vec<T> sum[4];
        for (int v = 0; v < 4; ++v)
            sum[v] = broadcast(T(0));
        for (std::ptrdiff_t p = begin; p < end; ++p)
            for (int v = 0; v < 4; ++v)
                sum[v] += x.values[p] * load(first.weights + x.columns[p] * first.stride + j + v * n);
        for (int v = 0; v < 4; ++v)
            store(first.postact + j + v * n, load(first.biases + j + v * n) + scale * sum[v]);
    }
    for (; j < first.stride; j += n) {
        Vec<T> sum = broadcast(T(0));
        for (std::ptrdiff_t p = begin; p < end; ++p)
            sum += x.values[p] * load(first.weights + x.columns[p] * first.stride + j);
        store(first.postact + j, load(first.biases + j) + scale * sum);
    }
}

template <class T, class Index>
void train_rows(const CsrRows<T, Index> &x, const Network &net, const Visits &visits, Tally &tally)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    const TypedLayer<T> first(net.layers[0]);
    const std::ptrdiff_t row_bytes = first.stride * static_cast<std::ptrdiff_t>(sizeof(T));
    double scale = 1.0;
    for (std::ptrdiff_t t = 0; t < visits.n; ++t) {
        const std::ptrdiff_t row = visits.order[t];
        if (t + 1 < visits.n) {
            const std::ptrdiff_t next = visits.order[t + 1];
            for (std::ptrdiff_t p = x.starts[next]; p < x.starts[next + 1]; ++p)
                for (std::ptrdiff_t byte = 0; byte < row_bytes; byte += 64)
                    PREFETCH(
                        reinterpret_cast<const char *>(first.weights + x.columns[p] * first.stride)
                        + byte);
        }
        if (t + 2 < visits.n) {
            prefetch_labels(visits, visits.order[t + 2]);
            const std::ptrdiff_t start = x.starts[visits.order[t + 2]];
            PREFETCH(x.columns + start);
            PREFETCH(x.values + start);
        }
        const Visit<T> visit = next_visit<T>(visits, row, scale);
        first_preactivation(x, first, row, visit.scale);
        visit_layers<T>(net, visits, visit, tally);
        if (visit.shrink != T(1))
            multiply(first.weights, first.fan_in * first.stride, visit.shrink);
        for (std::ptrdiff_t p = x.starts[row]; p < x.starts[row + 1]; ++p) {
            T *w = first.weights + x.columns[p] * first.stride;
            const T value = x.values[p];
            for (std::ptrdiff_t j = 0; j < first.stride; j += n)
                store(w + j, load(w + j) - value * load(first.error + j));
        }
        if (net.train_biases)
            first.change_biases(visit.new_scale);
    }
    settle_scale<T>(net, scale);
}

template <class T, class Index, class RowNumber>
void decide_rows(
    const CsrRows<T, Index> &x, const Network &net, std::ptrdiff_t n, RowNumber row_number,
    T *logits, std::ptrdiff_t logits_stride)
{
    const TypedLayer<T> first(net.layers[0]);
    for (std::ptrdiff_t i = 0; i < n; ++i) {
        first_preactivation(x, first, row_number(i), T(1));
        logits[i * logits_stride] = first_lane<T>(forward_from_first<T>(net, T(1)));
    }
}
