// Decisions on dense rows: the logits of a network that does not change.
//
// Included once per instruction set, after blocked.hpp.

// Logits of n_rows rows from one hidden layer of n_vectors, all sums in registers.
template <class T, int n_vectors, int n_rows>
INLINE void decide_tile(
    const Network &net, const T *const *x, T *logits, std::ptrdiff_t logits_stride)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n, stride = n_vectors * n;
    const TypedLayer<T> first(net.layers[0]), output(net.layers[1]);
    Vec<T> sum[n_rows][n_vectors];
    for (int r = 0; r < n_rows; ++r)
        for (int j = 0; j < n_vectors; ++j)
            sum[r][j] = load(first.biases + j * n);
    const T *w = first.weights;
    for (std::ptrdiff_t i = 0; i < first.fan_in; ++i, w += stride)
        for (int r = 0; r < n_rows; ++r)
            for (int j = 0; j < n_vectors; ++j)
                sum[r][j] += x[r][i] * load(w + j * n);
    for (int r = 0; r < n_rows; ++r) {
        Vec<T> total = broadcast(T(0));
        for (int j = 0; j < n_vectors; ++j)
            total += logistic<T>(sum[r][j], broadcast(T(1))) * load(output.weights + j * n);
        logits[r * logits_stride] = first_lane<T>(sum_across<T>(total)) + output.biases[0];
    }
}

template <class T, int n_vectors, class RowNumber>
void decide_few_nodes(
    const DenseRows<T> &x, const Network &net, std::ptrdiff_t n, RowNumber row_number, T *logits,
    std::ptrdiff_t logits_stride)
{
    // Enough sums to hide the latency of an addition, and few enough for the registers.
    constexpr int n_sums = SIMD_BYTES == 64 && n_vectors > 2 ? 16 : 8, n_rows = n_sums / n_vectors;
    std::ptrdiff_t i = 0;
    for (; i + n_rows <= n; i += n_rows) {
        const T *rows[n_rows];
        for (int r = 0; r < n_rows; ++r)
            rows[r] = x.values + row_number(i + r) * x.n_columns;
        decide_tile<T, n_vectors, n_rows>(net, rows, logits + i * logits_stride, logits_stride);
    }
    for (; i < n; ++i) {
        const T *row = x.values + row_number(i) * x.n_columns;
        decide_tile<T, n_vectors, 1>(net, &row, logits + i * logits_stride, logits_stride);
    }
}

template <class T, class RowNumber>
void decide_rows(
    const DenseRows<T> &x, const Network &net, std::ptrdiff_t n, RowNumber row_number, T *logits,
    std::ptrdiff_t logits_stride)
{
    const TypedLayer<T> first(net.layers[0]);
    if (net.n_layers == 2) {
        switch (first.stride / Lanes<T>::n) {
        case 1: return decide_few_nodes<T, 1>(x, net, n, row_number, logits, logits_stride);
        case 2: return decide_few_nodes<T, 2>(x, net, n, row_number, logits, logits_stride);
        case 3: return decide_few_nodes<T, 3>(x, net, n, row_number, logits, logits_stride);
        case 4: return decide_few_nodes<T, 4>(x, net, n, row_number, logits, logits_stride);
        default: break;
        }
    }
    Block<T> block(net);
    for (std::ptrdiff_t start = 0; start < n; start += block_length) {
        const std::ptrdiff_t left = n - start, size = left < block_length ? left : block_length;
        block.read(x, size, [=](std::ptrdiff_t s) { return row_number(start + s); });
        block.sweep(first, size, true);
        for (std::ptrdiff_t s = 0; s < size; ++s) {
            net.layers[0].postact = block.preact + s * first.stride;
            logits[(start + s) * logits_stride] = first_lane<T>(forward_from_first<T>(net, T(1)));
        }
    }
    net.layers[0].postact = first.postact;
}
