// The fused pass over dense rows, see dense.hpp.
//
// Included once per instruction set, after layers.hpp.

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

// The change of the first layer's weights by the former sample, and the sums of the next one.
template <class T, int n_vectors> struct Sweep {
    T *weights;
    const T *former, *input, *next;
    const Vec<T> *error;  // of the former sample

    INLINE void rows(std::ptrdiff_t begin, std::ptrdiff_t end, Vec<T> *sum, T &gram) const
    {
        constexpr std::ptrdiff_t n = Lanes<T>::n;
        T *w = weights + begin * n_vectors * n;
        for (std::ptrdiff_t i = begin; i < end; ++i, w += n_vectors * n) {
            const T next_input = next[i];
            const Vec<T> past = broadcast(former[i]), coming = broadcast(next_input);
            gram += input[i] * next_input;
            for (int j = 0; j < n_vectors; ++j) {
                const Vec<T> changed = load(w + j * n) - past * error[j];
                store(w + j * n, changed);
                sum[j] += coming * changed;
            }
        }
    }
};

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
        const Sweep<T, n_vectors> sweep{first.weights, former, input, next, error};
        // In two parts, each beside one of the two chains.
        sweep.rows(0, n_inputs / 2, sum, gram);
        if (net.n_layers == 2) {
            visit_output<T, n_vectors>(net, visits, visit, tally, postact, own_error);
        } else {
            for (int j = 0; j < n_vectors; ++j)
                store(first.postact + j * n, S_preA[j]);
            visit_layers<T>(net, visits, visit, tally);
            for (int j = 0; j < n_vectors; ++j)
                own_error[j] = load(first.error + j * n);
        }
        sweep.rows(n_inputs / 2, n_inputs, sum, gram);
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
