// Wide tables in the dual: training where there are far fewer rows than inputs.
//
// All changes of the first layer's weights are outer products of rows of X and error signals, so they
// stay in the span of the rows. With the scale of layers.hpp, and one row of C for each row of X,
//
//     W = scale * (w * W_0 - X^T C),    S_preA_t = scale * (A_t - G_t C) + bias,
//
// where A = w X W_0 and the Gram matrix G = X X^T are computed once in a fit. A visit adds its error
// signals to one row of C. So it takes 2 n * hidden operations for n rows, which only read C, in place
// of 4 d * hidden for d inputs, which read and write W. G serves all classes and restarts. A and W
// cost as much as half an epoch each, and G as much as n / (4 * hidden) epochs of one network.
//
// The number w is what alpha has taken from W_0: it is multiplied where A and C are.
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
        const std::ptrdiff_t row = visits.order[t];
        if (t + 1 < visits.n) {
            prefetch_row(gram + visits.order[t + 1] * n_rows, n_rows);
            prefetch_row(start + visits.order[t + 1] * stride, stride);
        }
        const Visit<T> visit = next_visit<T>(visits, row, scale);
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

// Rows `begin` to `end - 1` of A, of a new W_0: the weights of the network.
template <class T>
void begin_dual(
    const DenseRows<T> &x, const Dual &dual, const Network &net, std::ptrdiff_t begin,
    std::ptrdiff_t end)
{
    const TypedLayer<T> first(net.layers[0]);
    T *start = static_cast<T *>(dual.start) + begin * first.stride;
    for (std::ptrdiff_t j = 0; j < (end - begin) * first.stride; ++j)
        start[j] = T(0);
    const std::ptrdiff_t chunk = 64;  // rows of W that stay in the first-level cache
    for (std::ptrdiff_t i = 0; i < first.fan_in; i += chunk)
        product<T, false>(
            end - begin, start, first.stride, x.values + begin * x.n_columns + i, x.n_columns,
            first.weights + i * first.stride, first.stride,
            first.fan_in - i < chunk ? first.fan_in - i : chunk, first.stride);
}

// The weights of the network as they are now, from W_0 and C.
template <class T>
void end_dual(const DenseRows<T> &x, const Dual &dual, const Network &net)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    const TypedLayer<T> first(net.layers[0]);
    const T *initial = static_cast<const T *>(dual.initial);
    const T factor = static_cast<T>(*dual.factor);
    for (std::ptrdiff_t j = 0; j < first.fan_in * first.stride; j += n)
        store(first.weights + j, factor * load(initial + j));
    product<T, true>(
        first.fan_in, first.weights, first.stride, x.values, x.n_columns,
        static_cast<const T *>(dual.change), first.stride, dual.n_rows, first.stride);
}

// G[t, s] for rows t from `begin` to `end - 1` and all s up to t, and the same above the diagonal.
template <class T>
void compute_gram(
    const DenseRows<T> &x, T *gram, std::ptrdiff_t n_rows, std::ptrdiff_t begin, std::ptrdiff_t end)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n, chunk = 512;  // columns of all rows stay in a cache
    constexpr int n_at_once = 8;
    const std::ptrdiff_t d = x.n_columns;
    for (std::ptrdiff_t t = begin; t < end; ++t)
        for (std::ptrdiff_t s = 0; s <= t; ++s)
            gram[t * n_rows + s] = T(0);
    for (std::ptrdiff_t i = 0; i < d; i += chunk) {
        const std::ptrdiff_t size = d - i < chunk ? d - i : chunk;
        for (std::ptrdiff_t t = begin; t < end; ++t)
            for (std::ptrdiff_t s = 0; s <= t; s += n_at_once) {
                const std::ptrdiff_t left = t + 1 - s;
                const T *own = x.values + t * d + i;
                Vec<T> sum[n_at_once];
                T rest[n_at_once];
                const T *other[n_at_once];
                for (int q = 0; q < n_at_once; ++q) {
                    sum[q] = broadcast(T(0));
                    rest[q] = T(0);
                    other[q] = x.values + (s + (q < left ? q : 0)) * d + i;
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
                for (int q = 0; q < n_at_once && q < left; ++q)
                    gram[t * n_rows + s + q] += first_lane<T>(sum_across<T>(sum[q])) + rest[q];
            }
    }
    for (std::ptrdiff_t t = begin; t < end; ++t)
        for (std::ptrdiff_t s = 0; s < t; ++s)
            gram[s * n_rows + t] = gram[t * n_rows + s];
}
