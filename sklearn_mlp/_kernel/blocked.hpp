// The blocked pass over dense rows, see dense.hpp.
//
// Included once per instruction set, after product.hpp.

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
    // chunks of rows that stay in the first-level cache from the one use to the other: half of a cache
    // of 32 KB, in whole tiles of four rows (product.hpp), two of them at least.
    void sweep(const TypedLayer<T> &first, std::ptrdiff_t n, bool with_biases)
    {
        const std::ptrdiff_t row_bytes = stride * static_cast<std::ptrdiff_t>(sizeof(T));
        const std::ptrdiff_t fitting = 16384 / row_bytes / 4 * 4, least = 8;
        const std::ptrdiff_t chunk_length = fitting > least ? fitting : least;
        const std::ptrdiff_t chunk = n_former + n > 1 ? chunk_length : n_inputs;  // used once: no chunks
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
