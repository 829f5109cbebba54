// Training and decisions on dense rows: the fused pass and the blocked pass.
//
// Both compute what visiting one sample after another computes, the same weights after every
// sample but for rounding; they differ in how often the first layer's weights W travel between
// memory and registers.
//
// Fused: while W changes by the outer product of sample t (weight -= input * error), each weight
// is at hand in a register and is multiplied by its input of sample t + 1 right away: one load
// and one store per weight and sample. Best while a row of W is a few vectors.
//
// Blocked: for a block of samples X_B, the matrix product A = X_B W gives all preactivations as
// they would be if W stayed; G = X_B X_B^T says how far the change of W by sample s reaches
// sample t. So, with error_s the scaled error signals of sample s (biases count as inputs of 1),
//
//     S_preA_t = A_t - sum over s < t of G[s, t] * error_s,
//
// one sample after another, and W -= X_B^T error after the block, in the same sweep over W as the
// product A of the next one. So W is read and written once per block, and nearly all work is in
// matrix products that run near the processor's floating-point peak.
//
// Included once per instruction set, after layers.hpp.

template <class T> INLINE void prefetch_row(const T *x, std::ptrdiff_t n)
{
    for (std::ptrdiff_t i = 0; i < n; i += 64 / static_cast<std::ptrdiff_t>(sizeof(T)))
        PREFETCH(x + i);
}

// Whether the fused pass is the faster one. With AVX2 and float64 it took 166 ns a sample against
// 192 blocked for 30 inputs and 16 nodes (4 vectors), and 350 against 299 for 32 nodes (8 vectors).
template <class T> bool prefers_fused(const Network &net)
{
    const std::ptrdiff_t stride = net.layers[0].stride;
    return stride <= 4 * Lanes<T>::n;
}

template <class T, int n_vectors>
void train_fused(const DenseRows<T> &x, const Network &net, const Visits &visits, Tally &tally)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    constexpr std::ptrdiff_t stride = n_vectors * n;
    const TypedLayer<T> first(net.layers[0]);
    const std::ptrdiff_t n_inputs = x.n_columns, ahead = 4;
    Vec<T> sum[n_vectors], error[n_vectors];

    const T *input = x.values + visits.order[0] * n_inputs;
    for (int j = 0; j < n_vectors; ++j)
        sum[j] = load(first.biases + j * n);
    for (std::ptrdiff_t i = 0; i < n_inputs; ++i)
        for (int j = 0; j < n_vectors; ++j)
            sum[j] += input[i] * load(first.weights + i * stride + j * n);

    for (std::ptrdiff_t t = 0; t < visits.n; ++t) {
        if (t + ahead < visits.n)
            prefetch_row(x.values + visits.order[t + ahead] * n_inputs, n_inputs);
        for (int j = 0; j < n_vectors; ++j)
            store(first.postact + j * n, sum[j]);
        visit<T>(net, visits, visits.order[t], tally);
        if (net.train_biases)
            first.change_biases();
        // The last sample has no next one; its own inputs stand in, and the sum is not used.
        const T *next = x.values + visits.order[t + 1 < visits.n ? t + 1 : t] * n_inputs;
        for (int j = 0; j < n_vectors; ++j) {
            error[j] = load(first.error + j * n);
            sum[j] = load(first.biases + j * n);
        }
        T *w = first.weights;
        for (std::ptrdiff_t i = 0; i < n_inputs; ++i, w += stride)
            for (int j = 0; j < n_vectors; ++j) {
                const Vec<T> changed = load(w + j * n) - input[i] * error[j];
                store(w + j * n, changed);
                sum[j] += next[i] * changed;
            }
        input = next;
    }
}

// C += or -= A B for n_rows x n_vectors of C in registers. Element (r, k) of A stands at
// a[r * by_row + k * by_k]; rows of C and of B are contiguous.
template <class T, int n_rows, int n_vectors, int by_row, int by_k, bool subtract>
INLINE void product_tile(
    T *c, std::ptrdiff_t c_stride, const T *a, const T *b, std::ptrdiff_t b_stride,
    std::ptrdiff_t n_k)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    Vec<T> sum[n_rows][n_vectors];
    for (int r = 0; r < n_rows; ++r)
        for (int j = 0; j < n_vectors; ++j)
            sum[r][j] = load(c + r * c_stride + j * n);
    for (std::ptrdiff_t k = 0; k < n_k; ++k, a += by_k, b += b_stride) {
        Vec<T> row[n_vectors];
        for (int j = 0; j < n_vectors; ++j)
            row[j] = load(b + j * n);
        for (int r = 0; r < n_rows; ++r)
            for (int j = 0; j < n_vectors; ++j) {
                if constexpr (subtract)
                    sum[r][j] -= a[r * by_row] * row[j];
                else
                    sum[r][j] += a[r * by_row] * row[j];
            }
    }
    for (int r = 0; r < n_rows; ++r)
        for (int j = 0; j < n_vectors; ++j)
            store(c + r * c_stride + j * n, sum[r][j]);
}

// The same for n_rows x width of C, width in whole vectors: 4 rows by 3 vectors at a time, which
// is twelve sums, enough to hide the latency of an addition and few enough for 16 registers.
template <class T, int n_rows, int by_row, int by_k, bool subtract>
INLINE void product_rows(
    T *c, std::ptrdiff_t c_stride, const T *a, const T *b, std::ptrdiff_t b_stride,
    std::ptrdiff_t n_k, std::ptrdiff_t width)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    constexpr int most = n_rows == 1 ? 8 : 3;
    std::ptrdiff_t j = 0;
    for (; width - j >= most * n && width - j != 4 * n; j += most * n)
        product_tile<T, n_rows, most, by_row, by_k, subtract>(c + j, c_stride, a, b + j, b_stride, n_k);
    for (; width - j >= 2 * n; j += 2 * n)
        product_tile<T, n_rows, 2, by_row, by_k, subtract>(c + j, c_stride, a, b + j, b_stride, n_k);
    if (width - j > 0)
        product_tile<T, n_rows, 1, by_row, by_k, subtract>(c + j, c_stride, a, b + j, b_stride, n_k);
}

template <class T, int by_row, int by_k, bool subtract>
void product(
    std::ptrdiff_t n_rows, T *c, std::ptrdiff_t c_stride, const T *a, const T *b,
    std::ptrdiff_t b_stride, std::ptrdiff_t n_k, std::ptrdiff_t width)
{
    std::ptrdiff_t r = 0;
    for (; r + 4 <= n_rows; r += 4)
        product_rows<T, 4, by_row, by_k, subtract>(
            c + r * c_stride, c_stride, a + r * by_row, b, b_stride, n_k, width);
    for (; r < n_rows; ++r)
        product_rows<T, 1, by_row, by_k, subtract>(
            c + r * c_stride, c_stride, a + r * by_row, b, b_stride, n_k, width);
}

// The parts of a network's scratch memory for one block; sizes as in `block_scratch`. The bias
// nodes are one more input of 1, and their weights, which follow those of the inputs in memory,
// one more row of W; without bias nodes both are left out.
template <class T> struct Block {
    T *inputs;     // (n_inputs + 1, block_length): X_B transposed
    T *former;     // the same of the block before
    T *preact;     // (block_length, stride): A, then S_preA, then S_postA
    T *error;      // (block_length, stride): error signals, scaled by the step
    T *gram;       // (block_length, block_length): G
    std::ptrdiff_t n_inputs, n_former = 0;

    Block(const Network &net, std::ptrdiff_t n_columns)
    {
        const std::ptrdiff_t stride = net.layers[0].stride;
        inputs = static_cast<T *>(net.block);
        former = inputs + (n_columns + 1) * block_length;
        preact = former + (n_columns + 1) * block_length;
        error = preact + stride * block_length;
        gram = error + stride * block_length;
        n_inputs = n_columns + (net.train_biases ? 1 : 0);
    }

    template <class RowNumber>
    void read(const DenseRows<T> &x, std::ptrdiff_t n, RowNumber row_number)
    {
        // Four rows side by side: a fourth of the writes. A short block's last row stands in for
        // those that it lacks: they take part in vectors and must be numbers, no more.
        for (std::ptrdiff_t s = 0; s < block_length; s += 4) {
            const T *row[4];
            for (std::ptrdiff_t q = 0; q < 4; ++q)
                row[q] = x.values + row_number(s + q < n ? s + q : n - 1) * x.n_columns;
            T *to = inputs + s;
            for (std::ptrdiff_t i = 0; i < x.n_columns; ++i, to += block_length)
                for (std::ptrdiff_t q = 0; q < 4; ++q)
                    to[q] = row[q][i];
            for (std::ptrdiff_t q = 0; q < 4; ++q)
                to[q] = T(1);
        }
    }

    // W catches up with the former block, and A = X_B W for this one, in one sweep over W by
    // chunks of rows that stay in the first-level cache from the one use to the other.
    void sweep(const TypedLayer<T> &first, std::ptrdiff_t n)
    {
        const std::ptrdiff_t stride = first.stride;
        const std::ptrdiff_t row_bytes = stride * static_cast<std::ptrdiff_t>(sizeof(T));
        const std::ptrdiff_t chunk = row_bytes < 1536 ? 16384 / row_bytes / 4 * 4 : 8;
        for (std::ptrdiff_t i = 0; i < n * stride; i += Lanes<T>::n)
            store(preact + i, broadcast(T(0)));
        for (std::ptrdiff_t i = 0; i < n_inputs; i += chunk) {
            const std::ptrdiff_t size = n_inputs - i < chunk ? n_inputs - i : chunk;
            T *w = first.weights + i * stride;
            if (n_former)
                product<T, block_length, 1, true>(
                    size, w, stride, former + i * block_length, error, stride, n_former, stride);
            if (n)
                product<T, 1, block_length, false>(
                    n, preact, stride, inputs + i * block_length, w, stride, size, stride);
        }
    }
};

template <class T>
void train_blocked(const DenseRows<T> &x, const Network &net, const Visits &visits, Tally &tally)
{
    const TypedLayer<T> first(net.layers[0]);
    const std::ptrdiff_t stride = first.stride;
    Block<T> block(net, x.n_columns);

    for (std::ptrdiff_t start = 0; start < visits.n; start += block_length) {
        const std::ptrdiff_t left = visits.n - start, n = left < block_length ? left : block_length;
        const std::ptrdiff_t *order = visits.order + start;
        for (std::ptrdiff_t s = block_length; s < 2 * block_length && s < left; ++s)
            prefetch_row(x.values + order[s] * x.n_columns, x.n_columns);

        block.read(x, n, [=](std::ptrdiff_t s) { return order[s]; });
        block.sweep(first, n);
        for (std::ptrdiff_t i = 0; i < block_length * block_length; i += Lanes<T>::n)
            store(block.gram + i, broadcast(T(0)));
        product<T, 1, block_length, false>(
            n, block.gram, block_length, block.inputs, block.inputs, block_length, block.n_inputs,
            block_length);

        for (std::ptrdiff_t t = 0; t < n; ++t) {
            T *preact = block.preact + t * stride;
            product<T, 0, block_length, true>(
                1, preact, stride, block.gram + t, block.error, stride, t, stride);
            // `visit` works where the block is.
            net.layers[0].postact = preact;
            net.layers[0].error = block.error + t * stride;
            visit<T>(net, visits, order[t], tally);
        }
        T *read = block.inputs;
        block.inputs = block.former;
        block.former = read;
        block.n_former = n;
    }
    block.sweep(first, 0);
    net.layers[0].postact = first.postact;
    net.layers[0].error = first.error;
}

template <class T>
void train_rows(const DenseRows<T> &x, const Network &net, const Visits &visits, Tally &tally)
{
    switch (prefers_fused<T>(net) ? net.layers[0].stride / Lanes<T>::n : 0) {
    case 1: return train_fused<T, 1>(x, net, visits, tally);
    case 2: return train_fused<T, 2>(x, net, visits, tally);
    case 3: return train_fused<T, 3>(x, net, visits, tally);
    case 4: return train_fused<T, 4>(x, net, visits, tally);
    default: return train_blocked<T>(x, net, visits, tally);
    }
}

template <class T, class RowNumber>
void decide_rows(
    const DenseRows<T> &x, const Network &net, std::ptrdiff_t n, RowNumber row_number, T *logits,
    std::ptrdiff_t logits_stride)
{
    const TypedLayer<T> first(net.layers[0]);
    Block<T> block(net, x.n_columns);
    block.n_inputs = x.n_columns + 1;
    for (std::ptrdiff_t start = 0; start < n; start += block_length) {
        const std::ptrdiff_t left = n - start, size = left < block_length ? left : block_length;
        block.read(x, size, [=](std::ptrdiff_t s) { return row_number(start + s); });
        block.sweep(first, size);
        for (std::ptrdiff_t s = 0; s < size; ++s) {
            net.layers[0].postact = block.preact + s * first.stride;
            logits[(start + s) * logits_stride] = first_lane<T>(forward_from_first<T>(net));
        }
    }
    net.layers[0].postact = first.postact;
}
