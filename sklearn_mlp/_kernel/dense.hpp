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
// one sample after another, and W -= X_B^T error at the end of the block. W is read twice and
// written once per block, and nearly all work is in matrix products that run at the processor's
// floating-point peak.
//
// Included once per instruction set, after layers.hpp.

INLINE void prefetch(const void *address) { __builtin_prefetch(address); }

template <class T> INLINE void prefetch_row(const T *x, std::ptrdiff_t n)
{
    for (std::ptrdiff_t i = 0; i < n; i += 64 / static_cast<std::ptrdiff_t>(sizeof(T)))
        prefetch(x + i);
}

// Whether the fused pass is the faster one; measured, see benchmarks.
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

// A strided matrix: element (k, r) at values[k * by_k + r * by_r]
template <class T> struct Strided {
    const T *values;
    std::ptrdiff_t by_k, by_r;
};

// C += or -= A^T B for n_rows x n_vectors of C in registers: C[r] += sum over k of A(k, r) * B[k].
template <class T, int n_rows, int n_vectors, bool subtract>
INLINE void product_tile(
    T *c, std::ptrdiff_t c_stride, const T *a, std::ptrdiff_t by_k, std::ptrdiff_t by_r,
    const T *b, std::ptrdiff_t b_stride, std::ptrdiff_t n_k)
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
                    sum[r][j] -= a[r * by_r] * row[j];
                else
                    sum[r][j] += a[r * by_r] * row[j];
            }
    }
    for (int r = 0; r < n_rows; ++r)
        for (int j = 0; j < n_vectors; ++j)
            store(c + r * c_stride + j * n, sum[r][j]);
}

template <class T, int n_vectors, bool subtract>
void product_panel(
    std::ptrdiff_t n_rows, T *c, std::ptrdiff_t c_stride, Strided<T> a, const T *b,
    std::ptrdiff_t b_stride, std::ptrdiff_t n_k)
{
    constexpr int at_once = n_vectors == 1 ? 8 : 4;  // up to 12 sums in registers
    std::ptrdiff_t r = 0;
    for (; r + at_once <= n_rows; r += at_once)
        product_tile<T, at_once, n_vectors, subtract>(
            c + r * c_stride, c_stride, a.values + r * a.by_r, a.by_k, a.by_r, b, b_stride, n_k);
    for (; r < n_rows; ++r)
        product_tile<T, 1, n_vectors, subtract>(
            c + r * c_stride, c_stride, a.values + r * a.by_r, a.by_k, a.by_r, b, b_stride, n_k);
}

// C += or -= A^T B, C of shape (n_rows, width), B of shape (n_k, width), width in whole vectors.
template <class T, bool subtract>
void product(
    std::ptrdiff_t n_rows, std::ptrdiff_t width, T *c, std::ptrdiff_t c_stride, Strided<T> a,
    const T *b, std::ptrdiff_t b_stride, std::ptrdiff_t n_k)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    std::ptrdiff_t j = 0;
    for (; j + 3 * n <= width; j += 3 * n)
        product_panel<T, 3, subtract>(n_rows, c + j, c_stride, a, b + j, b_stride, n_k);
    if (width - j == 2 * n)
        product_panel<T, 2, subtract>(n_rows, c + j, c_stride, a, b + j, b_stride, n_k);
    else if (width - j == n)
        product_panel<T, 1, subtract>(n_rows, c + j, c_stride, a, b + j, b_stride, n_k);
}

// The parts of a network's scratch memory for one block; sizes as in `block_scratch`.
template <class T> struct Block {
    T *inputs;   // (n_inputs, block_length): X_B transposed
    T *preact;   // (block_length, stride)
    T *error;    // (block_length, stride)
    T *gram;     // (block_length, block_length), one more for the bias nodes

    Block(const Network &net, std::ptrdiff_t n_inputs)
    {
        const std::ptrdiff_t stride = net.layers[0].stride;
        inputs = static_cast<T *>(net.block);
        preact = inputs + n_inputs * block_length;
        error = preact + stride * block_length;
        gram = error + stride * block_length;
    }
};

template <class T>
INLINE void copy_vectors(T *to, const T *from, std::ptrdiff_t width)
{
    for (std::ptrdiff_t j = 0; j < width; j += Lanes<T>::n)
        store(to + j, load(from + j));
}

// Transposed inputs and preactivations of `n` rows at the present weights.
template <class T, class RowNumber>
void preactivations(
    const DenseRows<T> &x, const Network &net, const Block<T> &block, std::ptrdiff_t n,
    RowNumber row_number)
{
    const TypedLayer<T> first(net.layers[0]);
    const std::ptrdiff_t n_inputs = x.n_columns;
    for (std::ptrdiff_t s = 0; s < n; ++s) {
        const T *input = x.values + row_number(s) * n_inputs;
        for (std::ptrdiff_t i = 0; i < n_inputs; ++i)
            block.inputs[i * block_length + s] = input[i];
        copy_vectors(block.preact + s * first.stride, first.biases, first.stride);
    }
    product<T, false>(
        n, first.stride, block.preact, first.stride, {block.inputs, block_length, 1},
        first.weights, first.stride, n_inputs);
}

template <class T>
void train_blocked(const DenseRows<T> &x, const Network &net, const Visits &visits, Tally &tally)
{
    const TypedLayer<T> first(net.layers[0]);
    const std::ptrdiff_t n_inputs = x.n_columns, stride = first.stride;
    const Block<T> block(net, n_inputs);
    // Lanes of a short last block that hold no sample must hold numbers.
    for (std::ptrdiff_t i = 0; i < n_inputs * block_length; ++i)
        block.inputs[i] = T(0);

    for (std::ptrdiff_t start = 0; start < visits.n; start += block_length) {
        const std::ptrdiff_t left = visits.n - start, n = left < block_length ? left : block_length;
        const std::ptrdiff_t *order = visits.order + start;
        for (std::ptrdiff_t s = block_length; s < 2 * block_length && s < left; ++s)
            prefetch_row(x.values + order[s] * n_inputs, n_inputs);

        preactivations(x, net, block, n, [=](std::ptrdiff_t s) { return order[s]; });
        for (std::ptrdiff_t i = 0; i < block_length * block_length; ++i)
            block.gram[i] = net.train_biases ? T(1) : T(0);
        product<T, false>(
            n, block_length, block.gram, block_length, {block.inputs, block_length, 1},
            block.inputs, block_length, n_inputs);

        for (std::ptrdiff_t t = 0; t < n; ++t) {
            product<T, true>(
                1, stride, block.preact + t * stride, stride, {block.gram + t, block_length, 0},
                block.error, stride, t);
            copy_vectors(first.postact, block.preact + t * stride, stride);
            visit<T>(net, visits, order[t], tally);
            copy_vectors(block.error + t * stride, first.error, stride);
            if (net.train_biases)
                first.change_biases();
        }
        product<T, true>(
            n_inputs, stride, first.weights, stride, {block.inputs, 1, block_length}, block.error,
            stride, n);
    }
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
    const Block<T> block(net, x.n_columns);
    for (std::ptrdiff_t start = 0; start < n; start += block_length) {
        const std::ptrdiff_t left = n - start, size = left < block_length ? left : block_length;
        preactivations(
            x, net, block, size, [=](std::ptrdiff_t s) { return row_number(start + s); });
        for (std::ptrdiff_t s = 0; s < size; ++s) {
            copy_vectors(first.postact, block.preact + s * first.stride, first.stride);
            logits[(start + s) * logits_stride] = first_lane<T>(forward_from_first<T>(net));
        }
    }
}
