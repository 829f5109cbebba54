// The fused pass over dense rows, see dense.hpp.
//
// Included once per instruction set, after layers.hpp.

// The change of the first layer's weights by the former sample, and the sums of the next one.
template <class T, int n_vectors> struct Sweep {
    T *weights;
    const T *former, *input, *next;
    const Vec<T> *error;  // of the former sample
    std::ptrdiff_t n_inputs;
    Vec<T> *sum;
    T *gram;
    std::ptrdiff_t done = 0;

    INLINE void rows_to(std::ptrdiff_t end)
    {
        constexpr std::ptrdiff_t n = Lanes<T>::n;
        T *w = weights + done * n_vectors * n;
        for (std::ptrdiff_t i = done; i < end; ++i, w += n_vectors * n) {
            const T next_input = next[i];
            const Vec<T> past = broadcast(former[i]), coming = broadcast(next_input);
            *gram += input[i] * next_input;
            for (int j = 0; j < n_vectors; ++j) {
                const Vec<T> changed = load(w + j * n) - past * error[j];
                store(w + j * n, changed);
                sum[j] += coming * changed;
            }
        }
        done = end;
    }
    INLINE void next_part(int n_parts) { rows_to(done + n_inputs / n_parts); }
    INLINE void rest() { rows_to(n_inputs); }
};

// A visit from S_preA of the only hidden layer to its error signals, and the sweep beside it.
//
// Each step waits for the one before, for longer than the processor can look ahead: so the sweep
// goes between the steps. Wide layers have enough to do within each step.
template <class T, int n_vectors>
INLINE void visit_one_layer(
    const Network &net, const Visits &visits, const Visit<T> &visit, Tally &tally,
    const Vec<T> *S_preA, const Vec<T> *one, Vec<T> *error, Sweep<T, n_vectors> &sweep)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    constexpr int n_parts = n_vectors <= 4 ? 6 : 2;
    const TypedLayer<T> output(net.layers[1]);
    Logistic<T> f[n_vectors], f_output;
    Vec<T> postact[n_vectors], w[n_vectors], sum = broadcast(T(0));
    for (int j = 0; j < n_vectors; ++j)
        f[j].begin(S_preA[j]);
    if constexpr (n_parts == 6)
        sweep.next_part(n_parts);
    for (int j = 0; j < n_vectors; ++j)
        f[j].middle();
    if constexpr (n_parts == 6)
        sweep.next_part(n_parts);
    for (int j = 0; j < n_vectors; ++j) {
        postact[j] = f[j].end(one[j]);
        w[j] = load(output.weights + j * n);
        sum += postact[j] * w[j];
    }
    sweep.next_part(n_parts);
    const Vec<T> O_preA = visit.scale * sum_across<T>(sum) + output.biases[0];
    f_output.begin(O_preA);
    if constexpr (n_parts == 6)
        sweep.next_part(n_parts);
    f_output.middle();
    if constexpr (n_parts == 6)
        sweep.next_part(n_parts);
    const Vec<T> O_postA = f_output.end(broadcast(T(1)));
    const Vec<T> S_ERROR = output_error<T>(visits, visit, O_preA, O_postA, tally);
    for (int j = 0; j < n_vectors; ++j) {
        error[j] = S_ERROR * ((visit.scale * w[j]) * (postact[j] * (T(1) - postact[j])));
        store(output.weights + j * n, visit.shrink * w[j] - S_ERROR * postact[j]);
    }
    if (net.train_biases)
        output.biases[0] -= visit.new_scale * first_lane<T>(S_ERROR);
    sweep.rest();
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
        Vec<T> S_preA[n_vectors], own_error[n_vectors];
        for (int j = 0; j < n_vectors; ++j) {
            S_preA[j] = (visit.scale * sum[j] + bias[j]) - reach * error[j];
            bias[j] -= (visit.scale * bias_input) * error[j];
            sum[j] = broadcast(T(0));
        }
        gram = T(0);
        // The last sample has no next one; its own inputs stand in, and the sum is not used.
        const T *next = x.values + visits.order[t + 1 < visits.n ? t + 1 : t] * n_inputs;
        Sweep<T, n_vectors> sweep{first.weights, former, input, next, error, n_inputs, sum, &gram};
        if (net.n_layers == 2) {
            visit_one_layer<T, n_vectors>(
                net, visits, visit, tally, S_preA, one, own_error, sweep);
        } else {
            sweep.next_part(2);
            for (int j = 0; j < n_vectors; ++j)
                store(first.postact + j * n, S_preA[j]);
            visit_layers<T>(net, visits, visit, tally);
            for (int j = 0; j < n_vectors; ++j)
                own_error[j] = load(first.error + j * n);
            sweep.rest();
        }
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
