// Training and decisions on CSR rows.
//
// Only the weights of the inputs that are not zero take part in a sample: forward adds their rows
// of W, backward changes the same rows. They lie anywhere in a large W, so the rows of the next
// sample are fetched ahead of need. Included once per instruction set, after layers.hpp.

// S_preA of the first hidden layer into its `postact`, in stripes of vectors that fit registers.
template <class T, class Index>
void first_preactivation(const CsrRows<T, Index> &x, const TypedLayer<T> &first, std::ptrdiff_t row)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n, stripe = 4 * n;
    const std::ptrdiff_t begin = x.starts[row], end = x.starts[row + 1];
    std::ptrdiff_t j = 0;
    for (; j + stripe <= first.stride; j += stripe) {
        Vec<T> sum[4];
        for (int v = 0; v < 4; ++v)
            sum[v] = load(first.biases + j + v * n);
        for (std::ptrdiff_t p = begin; p < end; ++p)
            for (int v = 0; v < 4; ++v)
                sum[v] += x.values[p] * load(first.weights + x.columns[p] * first.stride + j + v * n);
        for (int v = 0; v < 4; ++v)
            store(first.postact + j + v * n, sum[v]);
    }
    for (; j < first.stride; j += n) {
        Vec<T> sum = load(first.biases + j);
        for (std::ptrdiff_t p = begin; p < end; ++p)
            sum += x.values[p] * load(first.weights + x.columns[p] * first.stride + j);
        store(first.postact + j, sum);
    }
}

template <class T, class Index>
void train_rows(const CsrRows<T, Index> &x, const Network &net, const Visits &visits, Tally &tally)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    const TypedLayer<T> first(net.layers[0]);
    const std::ptrdiff_t row_bytes = first.stride * static_cast<std::ptrdiff_t>(sizeof(T));
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
            const std::ptrdiff_t start = x.starts[visits.order[t + 2]];
            PREFETCH(x.columns + start);
            PREFETCH(x.values + start);
        }
        first_preactivation(x, first, row);
        visit<T>(net, visits, row, tally);
        for (std::ptrdiff_t p = x.starts[row]; p < x.starts[row + 1]; ++p) {
            T *w = first.weights + x.columns[p] * first.stride;
            const T value = x.values[p];
            for (std::ptrdiff_t j = 0; j < first.stride; j += n)
                store(w + j, load(w + j) - value * load(first.error + j));
        }
        if (net.train_biases)
            first.change_biases();
    }
}

template <class T, class Index, class RowNumber>
void decide_rows(
    const CsrRows<T, Index> &x, const Network &net, std::ptrdiff_t n, RowNumber row_number,
    T *logits, std::ptrdiff_t logits_stride)
{
    const TypedLayer<T> first(net.layers[0]);
    for (std::ptrdiff_t i = 0; i < n; ++i) {
        first_preactivation(x, first, row_number(i));
        logits[i * logits_stride] = first_lane<T>(forward_from_first<T>(net));
    }
}
