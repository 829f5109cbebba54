// Wide tables in the dual: training where there are far fewer rows than inputs.
//
// All changes of the first layer's weights are outer products of rows of X and error signals, so they
// stay in the span of the rows. With the scale of layers.hpp, and one row of C for each row of X,
//
//     W = scale * (w * W_0 - X^T C),    S_preA_t = scale * (A_t - G_t C) + bias,
//
// where A = w X W_0 and the Gram matrix G = X X^T are computed once in a fit. A visit adds its error
// signals to one row of C. So it takes 2 n * hidden operations for n rows, which only read C, instead
// of 4 d * hidden for d inputs, which read and write W. G serves all classes and restarts. A and W
// cost as much as half an epoch each, and G as much as n / (4 * hidden) epochs of one network.
//
// The number w is what alpha has taken from W_0: it is multiplied where A and C are. The rows are the
// distinct ones that are visited; `places` has the place of each row of X among them. X comes in blocks
// of them, because they need not lie side by side.
//
// Included once per instruction set, after product.hpp.

// The sum over s of G[t, s] * C[s], for n_vectors vectors of nodes: enough sums to hide the latency of
// an addition.
template <class T, int n_vectors>
INLINE void subtract_changes(
    T *to, const T *gram, const T *change, std::ptrdiff_t n_rows, std::ptrdiff_t stride)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    constexpr int n_parts = 8 / n_vectors;
    Vec<T> sum[n_parts][n_vectors];
    for (int p = 0; p < n_parts; ++p)
        for (int j = 0; j < n_vectors; ++j)
            sum[p][j] = broadcast(T(0));
    std::ptrdiff_t s = 0;
    for (; s + n_parts <= n_rows; s += n_parts)
        for (int p = 0; p < n_parts; ++p)
            for (int j = 0; j < n_vectors; ++j)
                sum[p][j] += gram[s + p] * load(change + (s + p) * stride + j * n);
    for (; s < n_rows; ++s)
        for (int j = 0; j < n_vectors; ++j)
            sum[0][j] += gram[s] * load(change + s * stride + j * n);
    for (int j = 0; j < n_vectors; ++j) {
        for (int p = 1; p < n_parts; ++p)
            sum[0][j] += sum[p][j];
        store(to + j * n, load(to + j * n) - sum[0][j]);
    }
}

template <class T>
void train_in_dual(const Dual &dual, const Network &net, const Visits &visits, Tally &tally)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    const TypedLayer<T> first(net.layers[0]);
    const std::ptrdiff_t n_rows = dual.n_rows, stride = first.stride, size = n_rows * stride;
    T *start = static_cast<T *>(dual.start), *change = static_cast<T *>(dual.change);
    const T *gram = static_cast<const T *>(dual.gram);
    double scale = 1.0;
    for (std::ptrdiff_t t = 0; t < visits.n; ++t) {
        const std::ptrdiff_t row = dual.places[visits.order[t]];
        if (t + 1 < visits.n) {
            const std::ptrdiff_t next = dual.places[visits.order[t + 1]];
            prefetch_row(gram + next * n_rows, n_rows);
            prefetch_row(start + next * stride, stride);
        }
        const Visit<T> visit = next_visit<T>(visits, visits.order[t], scale);
        for (std::ptrdiff_t j = 0; j < stride; j += n)
            store(first.postact + j, load(start + row * stride + j));
        std::ptrdiff_t j = 0;
        const T *g = gram + row * n_rows;
        for (; j + 4 * n <= stride; j += 4 * n)
            subtract_changes<T, 4>(first.postact + j, g, change + j, n_rows, stride);
        for (; j + 2 * n <= stride; j += 2 * n)
            subtract_changes<T, 2>(first.postact + j, g, change + j, n_rows, stride);
        for (; j < stride; j += n)
            subtract_changes<T, 1>(first.postact + j, g, change + j, n_rows, stride);
        for (j = 0; j < stride; j += n)
            store(first.postact + j, load(first.biases + j) + visit.scale * load(first.postact + j));
        visit_layers<T>(net, visits, visit, tally);
        if (visit.shrink != T(1)) {
            multiply(start, size, visit.shrink);
            multiply(change, size, visit.shrink);
            *dual.factor *= visit.shrink;
        }
        T *own = change + row * stride;
        for (j = 0; j < stride; j += n)
            store(own + j, load(own + j) + load(first.error + j));
        if (net.train_biases)
            first.change_biases(visit.new_scale);
    }
    if (scale != 1.0) {
        multiply(start, size, static_cast<T>(scale));
        multiply(change, size, static_cast<T>(scale));
        *dual.factor *= static_cast<T>(scale);
    }
    settle_scale<T>(net, scale, 1);
}

// A of a block of n rows, the first of which has number `from`; W_0 is the network's weights.
template <class T>
void begin_dual(
    const DenseRows<T> &block, std::ptrdiff_t n, const Dual &dual, const Network &net,
    std::ptrdiff_t from)
{
    const TypedLayer<T> first(net.layers[0]);
    T *start = static_cast<T *>(dual.start) + from * first.stride;
    for (std::ptrdiff_t j = 0; j < n * first.stride; ++j)
        start[j] = T(0);
    const std::ptrdiff_t chunk = 64;  // rows of W that stay in the first-level cache
    for (std::ptrdiff_t i = 0; i < first.fan_in; i += chunk)
        product<T, false>(
            n, start, first.stride, block.values + i, block.n_columns,
            first.weights + i * first.stride, first.stride,
            first.fan_in - i < chunk ? first.fan_in - i : chunk, first.stride);
}

// The part of a block in the network's weights as they are now; the first block sets them to w W_0.
template <class T>
void end_dual(
    const DenseRows<T> &block, std::ptrdiff_t n, const Dual &dual, const Network &net,
    std::ptrdiff_t from)
{
    const TypedLayer<T> first(net.layers[0]);
    const T *initial = static_cast<const T *>(dual.initial);
    const T *change = static_cast<const T *>(dual.change) + from * first.stride;
    const T factor = static_cast<T>(*dual.factor);
    if (from == 0)
        for (std::ptrdiff_t j = 0; j < first.fan_in * first.stride; j += Lanes<T>::n)
            store(first.weights + j, factor * load(initial + j));
    product<T, true>(
        first.fan_in, first.weights, first.stride, block.values, block.n_columns, change,
        first.stride, n, first.stride);
}

// G[t, s] and G[s, t] of the rows of two blocks, the first of which have numbers t_0 and s_0.
template <class T>
void gram_block(
    const DenseRows<T> &x, std::ptrdiff_t n_x, const DenseRows<T> &y, std::ptrdiff_t n_y, T *gram,
    std::ptrdiff_t n_rows, std::ptrdiff_t t_0, std::ptrdiff_t s_0)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n, chunk = 256;  // columns: eight rows stay in a cache
    constexpr int n_at_once = 8;
    const std::ptrdiff_t d = x.n_columns;
    for (std::ptrdiff_t i = 0; i < d; i += chunk) {
        const std::ptrdiff_t size = d - i < chunk ? d - i : chunk;
        for (std::ptrdiff_t s = 0; s < n_y; s += n_at_once)
            for (std::ptrdiff_t t = 0; t < n_x; ++t) {
                const T *own = x.values + t * d + i;
                Vec<T> sum[n_at_once];
                T rest[n_at_once];
                const T *other[n_at_once];
                for (int q = 0; q < n_at_once; ++q) {
                    sum[q] = broadcast(T(0));
                    rest[q] = T(0);
                    other[q] = y.values + (s + q < n_y ? s + q : s) * d + i;
                }
                std::ptrdiff_t k = 0;
                for (; k + n <= size; k += n) {
                    const Vec<T> values = load(own + k);
                    for (int q = 0; q < n_at_once; ++q)
                        sum[q] += values * load(other[q] + k);
                }
                for (; k < size; ++k)
                    for (int q = 0; q < n_at_once; ++q)
                        rest[q] += own[k] * other[q][k];
                for (int q = 0; q < n_at_once && s + q < n_y; ++q) {
                    T *to = gram + (t_0 + t) * n_rows + s_0 + s + q;
                    const T former = i ? *to : T(0);
                    *to = former + (first_lane<T>(sum_across<T>(sum[q])) + rest[q]);
                }
            }
    }
    for (std::ptrdiff_t t = t_0; t < t_0 + n_x; ++t)
        for (std::ptrdiff_t s = s_0; s < s_0 + n_y; ++s)
            gram[s * n_rows + t] = gram[t * n_rows + s];
}
