// Training and decisions on dense rows: the fused pass and the blocked pass.
//
// Both compute what visiting one sample after another computes, the same weights after every
// sample but for rounding; they differ in how often the first layer's weights W travel between
// memory and registers, and in what waits for what. Both rest on one identity: if A = W x_t is
// computed before the changes of W by the samples s < t, which are the outer products of their
// inputs and error signals, then (biases count as inputs of 1)
//
//     S_preA_t = A - sum over these s of (x_s . x_t) * error_s.
//
// Fused, for rows of W of a few vectors: one sweep over W makes the change of sample t - 1 and
// the sum A of sample t + 1, each weight loaded and stored once. Neither depends on sample t:
// while its logistic functions and sums across nodes, a long chain of operations that wait for
// each other, run their course, the processor takes the sweep beside them.
//
// Blocked: for a block of samples X_B, the matrix product A = X_B W and the Gram matrix
// G = X_B X_B^T, then one sample after another, then W -= X_B^T error, in the same sweep over W
// as the product A of the next block. So W is read and written once per block, and nearly all
// work is in matrix products that run near the processor's floating-point peak.
//
// Where alpha scales W (see layers.hpp) A and the error signals are those of V, so that the
// identity has a factor: S_preA_t = scale_t * (A - sum of G error) + bias.
//
// Included once per instruction set, after layers.hpp.

template <class T> INLINE void prefetch_row(const T *x, std::ptrdiff_t n)
{
    for (std::ptrdiff_t i = 0; i < n; i += 64 / static_cast<std::ptrdiff_t>(sizeof(T)))
        PREFETCH(x + i);
    PREFETCH(x + n - 1);  // a row need not begin with a cache line
}

INLINE void prefetch_labels(const Visits &visits, std::ptrdiff_t row)
{
    PREFETCH(visits.classes + row);
    if (visits.step)
        PREFETCH(visits.step + row);
}

// Whether the fused pass is the faster one. Measured with AVX2 and AVX-512 on Zen 4, both dtypes,
// 2 to 256 inputs: it is, up to twice, for rows of W of one to four vectors, and up to eight while
// W as a whole is small; beyond, the blocked one by up to a third.
template <class T> bool prefers_fused(const Network &net)
{
    const std::ptrdiff_t n_vectors = net.layers[0].stride / Lanes<T>::n;
    return n_vectors <= 4 || (n_vectors <= 8 && n_vectors * net.layers[0].fan_in <= 256);
}

// A visit from S_postA of the only hidden layer, in registers, to its error signals.
template <class T, int n_vectors>
INLINE void visit_output(
    const Network &net, const Visits &visits, const Visit<T> &visit, Tally &tally,
    const Vec<T> *postact, Vec<T> *error)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    const TypedLayer<T> output(net.layers[1]);
    Vec<T> w[n_vectors], sum = broadcast(T(0));
    for (int j = 0; j < n_vectors; ++j) {
        w[j] = load(output.weights + j * n);
        sum += postact[j] * w[j];
    }
    const Vec<T> S_preA = visit.scale * sum_across<T>(sum) + output.biases[0];
    const Vec<T> S_ERROR = output_error<T>(visits, visit, S_preA, tally);
    for (int j = 0; j < n_vectors; ++j) {
        error[j] = S_ERROR * ((visit.scale * w[j]) * (postact[j] * (T(1) - postact[j])));
        store(output.weights + j * n, visit.shrink * w[j] - S_ERROR * postact[j]);
    }
    if (net.train_biases)
        output.biases[0] -= visit.new_scale * first_lane<T>(S_ERROR);
}

template <class T, int n_vectors>
void train_fused(const DenseRows<T> &x, const Network &net, const Visits &visits, Tally &tally)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    constexpr std::ptrdiff_t stride = n_vectors * n;
    const TypedLayer<T> first(net.layers[0]);
    const std::ptrdiff_t n_inputs = x.n_columns;
    // Rows are visited in random order: fetch them some 2 us, but not more than 8 KB, ahead.
    const std::ptrdiff_t fitting = 8192 / (n_inputs * static_cast<std::ptrdiff_t>(sizeof(T)));
    const std::ptrdiff_t ahead = fitting > 16 ? 16 : fitting < 2 ? 2 : fitting;
    const T bias_input = net.train_biases ? T(1) : T(0);
    double scale = 1.0;
    // A of the sample at hand, the error signals of the one before, and G of the two.
    Vec<T> sum[n_vectors], error[n_vectors], bias[n_vectors], one[n_vectors];
    T gram = T(0);

    const T *former = x.values + visits.order[0] * n_inputs, *input = former;
    for (int j = 0; j < n_vectors; ++j) {
        sum[j] = error[j] = broadcast(T(0));
        bias[j] = load(first.biases + j * n);
        one[j] = ones<T>(first.fan_out - j * n);
    }
    for (std::ptrdiff_t i = 0; i < n_inputs; ++i)
        for (int j = 0; j < n_vectors; ++j)
            sum[j] += input[i] * load(first.weights + i * stride + j * n);

    for (std::ptrdiff_t t = 0; t < visits.n; ++t) {
        if (t + ahead < visits.n) {
            prefetch_row(x.values + visits.order[t + ahead] * n_inputs, n_inputs);
            prefetch_labels(visits, visits.order[t + ahead]);
        }
        const Visit<T> visit = next_visit<T>(visits, visits.order[t], scale);
        const T reach = visit.scale * (gram + bias_input);
        Vec<T> S_preA[n_vectors], postact[n_vectors], own_error[n_vectors];
        for (int j = 0; j < n_vectors; ++j) {
            S_preA[j] = (visit.scale * sum[j] + bias[j]) - reach * error[j];
            postact[j] = logistic<T>(S_preA[j], one[j]);
            bias[j] -= (visit.scale * bias_input) * error[j];
            sum[j] = broadcast(T(0));
        }
        gram = T(0);

        // The last sample has no next one; its own inputs stand in, and the sum is not used.
        const T *next = x.values + visits.order[t + 1 < visits.n ? t + 1 : t] * n_inputs;
        const auto sweep = [&](std::ptrdiff_t begin, std::ptrdiff_t end) INLINE_LAMBDA {
            T *w = first.weights + begin * stride;
            for (std::ptrdiff_t i = begin; i < end; ++i, w += stride) {
                const T next_input = next[i];
                const Vec<T> past = broadcast(former[i]), coming = broadcast(next_input);
                gram += input[i] * next_input;
                for (int j = 0; j < n_vectors; ++j) {
                    const Vec<T> changed = load(w + j * n) - past * error[j];
                    store(w + j * n, changed);
                    sum[j] += coming * changed;
                }
            }
        };
        // In two parts, each beside one of the two chains.
        sweep(0, n_inputs / 2);
        if (net.n_layers == 2) {
            visit_output<T, n_vectors>(net, visits, visit, tally, postact, own_error);
        } else {
            for (int j = 0; j < n_vectors; ++j)
                store(first.postact + j * n, S_preA[j]);
            visit_layers<T>(net, visits, visit, tally);
            for (int j = 0; j < n_vectors; ++j)
                own_error[j] = load(first.error + j * n);
        }
        sweep(n_inputs / 2, n_inputs);
        if (visit.shrink != T(1)) {
            multiply(first.weights, n_inputs * stride, visit.shrink);
            for (int j = 0; j < n_vectors; ++j)
                sum[j] *= visit.shrink;
        }
        for (int j = 0; j < n_vectors; ++j)
            error[j] = own_error[j];
        former = input;
        input = next;
    }

    for (int j = 0; j < n_vectors; ++j) {
        store(first.biases + j * n, bias[j] - (static_cast<T>(scale) * bias_input) * error[j]);
        for (std::ptrdiff_t i = 0; i < n_inputs; ++i) {
            T *w = first.weights + i * stride + j * n;
            store(w, load(w) - former[i] * error[j]);
        }
    }
    settle_scale<T>(net, scale);
}

// C += A B, or -= A^T B, for n_rows x n_vectors of C in registers; all are row-major, A with rows
// a_stride apart.
template <class T, int n_rows, int n_vectors, bool change>
INLINE void product_tile(
    T *c, std::ptrdiff_t c_stride, const T *a, std::ptrdiff_t a_stride, const T *b,
    std::ptrdiff_t b_stride, std::ptrdiff_t n_k)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    const std::ptrdiff_t by_row = change ? 1 : a_stride, by_k = change ? a_stride : 1;
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
                if constexpr (change)
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
template <class T, int n_rows, bool change>
INLINE void product_rows(
    T *c, std::ptrdiff_t c_stride, const T *a, std::ptrdiff_t a_stride, const T *b,
    std::ptrdiff_t b_stride, std::ptrdiff_t n_k, std::ptrdiff_t width)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    constexpr int most = n_rows == 1 ? 8 : 3;
    std::ptrdiff_t j = 0;
    for (; width - j >= most * n && width - j != 4 * n; j += most * n)
        product_tile<T, n_rows, most, change>(c + j, c_stride, a, a_stride, b + j, b_stride, n_k);
    for (; width - j >= 2 * n; j += 2 * n)
        product_tile<T, n_rows, 2, change>(c + j, c_stride, a, a_stride, b + j, b_stride, n_k);
    if (width - j > 0)
        product_tile<T, n_rows, 1, change>(c + j, c_stride, a, a_stride, b + j, b_stride, n_k);
}

template <class T, bool change>
void product(
    std::ptrdiff_t n_rows, T *c, std::ptrdiff_t c_stride, const T *a, std::ptrdiff_t a_stride,
    const T *b, std::ptrdiff_t b_stride, std::ptrdiff_t n_k, std::ptrdiff_t width)
{
    const std::ptrdiff_t by_row = change ? 1 : a_stride;
    std::ptrdiff_t r = 0;
    for (; r + 4 <= n_rows; r += 4)
        product_rows<T, 4, change>(
            c + r * c_stride, c_stride, a + r * by_row, a_stride, b, b_stride, n_k, width);
    for (; r < n_rows; ++r)
        product_rows<T, 1, change>(
            c + r * c_stride, c_stride, a + r * by_row, a_stride, b, b_stride, n_k, width);
}

// The parts of a network's scratch memory for one block; sizes as in `block_scratch`.
template <class T> struct Block {
    T *inputs;     // (block_length, width): X_B, its columns padded to whole vectors with zeros
    T *former;     // (block_length, width): that of the block before
    T *preact;     // (block_length, stride): A, then S_preA, then S_postA
    T *error;      // (block_length, stride): error signals, over the scale of the weights
    T *gram;       // (block_length, block_length): G[t, s] for s < t
    T *bias_reach; // (block_length,): what the biases' change by s adds to G[t, s] * scale_t
    T *factor;     // (block_length,): of each error_s in S_preA_t
    std::ptrdiff_t n_inputs, width, stride, n_former = 0;

    explicit Block(const Network &net) : n_inputs(net.layers[0].fan_in), stride(net.layers[0].stride)
    {
        constexpr std::ptrdiff_t n = Lanes<T>::n;
        width = (n_inputs + n - 1) / n * n;
        inputs = static_cast<T *>(net.block);
        former = inputs + width * block_length;
        preact = former + width * block_length;
        error = preact + stride * block_length;
        gram = error + stride * block_length;
        bias_reach = gram + block_length * block_length;
        factor = bias_reach + block_length;
    }

    // Rows that a kernel reads again and again, aligned and side by side.
    template <class RowNumber>
    void read(const DenseRows<T> &x, std::ptrdiff_t n, RowNumber row_number)
    {
        for (std::ptrdiff_t s = 0; s < n; ++s) {
            const T *from = x.values + row_number(s) * n_inputs;
            T *to = inputs + s * width;
            std::ptrdiff_t i = 0;
            for (; i + Lanes<T>::n <= n_inputs; i += Lanes<T>::n)
                store(to + i, load(from + i));
            for (; i < n_inputs; ++i)
                to[i] = from[i];
        }
    }

    // W catches up with the former block, and A = X_B W for this one, in one sweep over W by
    // chunks of rows that stay in the first-level cache from the one use to the other.
    void sweep(const TypedLayer<T> &first, std::ptrdiff_t n, bool with_biases)
    {
        const std::ptrdiff_t row_bytes = stride * static_cast<std::ptrdiff_t>(sizeof(T));
        const std::ptrdiff_t fitting = row_bytes < 1536 ? 16384 / row_bytes / 4 * 4 : 8;
        const std::ptrdiff_t chunk = n_former + n > 1 ? fitting : n_inputs;  // used once: no chunks
        for (std::ptrdiff_t s = 0; s < n; ++s)
            for (std::ptrdiff_t j = 0; j < stride; j += Lanes<T>::n)
                store(preact + s * stride + j, with_biases ? load(first.biases + j) : broadcast(T(0)));
        for (std::ptrdiff_t i = 0; i < n_inputs; i += chunk) {
            const std::ptrdiff_t size = n_inputs - i < chunk ? n_inputs - i : chunk;
            T *w = first.weights + i * stride;
            if (n_former)
                product<T, true>(size, w, stride, former + i, width, error, stride, n_former, stride);
            if (n)
                product<T, false>(n, preact, stride, inputs + i, width, w, stride, size, stride);
        }
    }

    // G[t, s] for four t and two s at a time; what it computes of s >= t is not used.
    void compute_gram(std::ptrdiff_t n)
    {
        for (std::ptrdiff_t t = 0; t < n; t += 4)
            for (std::ptrdiff_t s = 0; s < t + 4; s += 2) {
                Vec<T> sum[4][2];
                for (int r = 0; r < 4; ++r)
                    sum[r][0] = sum[r][1] = broadcast(T(0));
                for (std::ptrdiff_t i = 0; i < width; i += Lanes<T>::n)
                    for (int q = 0; q < 2; ++q) {
                        const Vec<T> column = load(inputs + (s + q) * width + i);
                        for (int r = 0; r < 4; ++r)
                            sum[r][q] += load(inputs + (t + r) * width + i) * column;
                    }
                for (int r = 0; r < 4; ++r)
                    for (int q = 0; q < 2; ++q)
                        gram[(t + r) * block_length + s + q] = first_lane<T>(sum_across<T>(sum[r][q]));
            }
    }

    // S_preA of sample t from A: biases, and the changes by the samples before it
    void correct(const TypedLayer<T> &first, std::ptrdiff_t t, T scale)
    {
        constexpr std::ptrdiff_t n = Lanes<T>::n;
        for (std::ptrdiff_t s = 0; s < block_length; s += n)
            store(factor + s, scale * load(gram + t * block_length + s) + load(bias_reach + s));
        T *to = preact + t * stride;
        for (std::ptrdiff_t j = 0; j < stride; j += n)
            store(to + j, scale * load(to + j) + load(first.biases + j));
        product<T, true>(1, to, stride, factor, 1, error, stride, t, stride);
    }

    // The biases catch up with this block.
    void change_biases(const TypedLayer<T> &first, std::ptrdiff_t n) const
    {
        product<T, true>(1, first.biases, stride, bias_reach, 1, error, stride, n, stride);
    }
};

template <class T>
void train_blocked(const DenseRows<T> &x, const Network &net, const Visits &visits, Tally &tally)
{
    const TypedLayer<T> first(net.layers[0]);
    const std::ptrdiff_t stride = first.stride;
    Block<T> block(net);
    Visit<T> visit[block_length];
    double scale = 1.0;

    for (std::ptrdiff_t start = 0, n; start < visits.n; start += n) {
        const std::ptrdiff_t *order = visits.order + start, left = visits.n - start;
        // A block ends where a visit shrinks V.
        bool shrinks = false;
        for (n = 0; n < block_length && n < left && !shrinks; ++n) {
            visit[n] = next_visit<T>(visits, order[n], scale);
            shrinks = visit[n].shrink != T(1);
        }

        block.read(x, n, [=](std::ptrdiff_t s) { return order[s]; });
        block.sweep(first, n, false);
        block.compute_gram(n);
        for (std::ptrdiff_t t = 0; t < n; ++t) {
            if (t + n < left) {
                prefetch_row(x.values + order[t + n] * x.n_columns, x.n_columns);
                prefetch_labels(visits, order[t + n]);
            }
            block.bias_reach[t] = net.train_biases ? visit[t].new_scale : T(0);
            block.correct(first, t, visit[t].scale);
            // `visit_layers` works where the block is.
            net.layers[0].postact = block.preact + t * stride;
            net.layers[0].error = block.error + t * stride;
            visit_layers<T>(net, visits, visit[t], tally);
        }
        block.change_biases(first, n);
        if (shrinks) {
            multiply(first.weights, x.n_columns * stride, visit[n - 1].shrink);
            multiply(block.error, (n - 1) * stride, visit[n - 1].shrink);
        }
        T *read = block.inputs;
        block.inputs = block.former;
        block.former = read;
        block.n_former = n;
    }
    block.sweep(first, 0, false);
    settle_scale<T>(net, scale);
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
    case 5: return train_fused<T, 5>(x, net, visits, tally);
    case 6: return train_fused<T, 6>(x, net, visits, tally);
    case 7: return train_fused<T, 7>(x, net, visits, tally);
    case 8: return train_fused<T, 8>(x, net, visits, tally);
    default: return train_blocked<T>(x, net, visits, tally);
    }
}

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
    constexpr int n_rows = 8 / n_vectors;
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
