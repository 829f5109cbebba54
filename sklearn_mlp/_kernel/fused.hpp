// The fused pass over dense rows, see dense.hpp.
//
// Included once per instruction set, after layers.hpp.

// The change of the first layer's weights by the former sample, and the sums of the next one.
//
// In strips of columns of two cache lines, one strip after the other: of Zen 4, loads, stores and
// multiplications of a wider row get in each other's way (0.85 ns for 64 bytes in place of 0.68).
// In six parts, so that a caller can have other work between them.
template <class T, int n_vectors> struct Sweep {
    static constexpr int n_parts = 6;
    static constexpr int strip = SIMD_BYTES ? 128 / (SIMD_BYTES ? SIMD_BYTES : 1) : n_vectors;
    static constexpr int n_strips = (n_vectors + strip - 1) / strip;

    T *weights;
    const T *former, *input, *next;
    std::ptrdiff_t n_inputs;
    const Vec<T> *error;  // of the former sample
    Vec<T> *sum;
    T *gram;

    // Part k of the rows, strip after strip; n_parts parts of each strip count as n_strips parts.
    template <int k, int number = 0> INLINE void part() const
    {
        constexpr int begin = k * n_strips - number * n_parts, end = begin + n_strips;
        if constexpr (begin < n_parts && end > 0)
            rows<number>(
                n_inputs * (begin > 0 ? begin : 0) / n_parts,
                n_inputs * (end < n_parts ? end : n_parts) / n_parts);
        if constexpr (number + 1 < n_strips)
            part<k, number + 1>();
    }

    template <int number = 0> INLINE void all(std::ptrdiff_t begin, std::ptrdiff_t end) const
    {
        rows<number>(begin, end);
        if constexpr (number + 1 < n_strips)
            all<number + 1>(begin, end);
    }

    template <int number> INLINE void rows(std::ptrdiff_t begin, std::ptrdiff_t end) const
    {
        constexpr std::ptrdiff_t n = Lanes<T>::n;
        constexpr int first = number * strip;
        constexpr int last = first + strip < n_vectors ? first + strip : n_vectors;
        T *w = weights + begin * n_vectors * n;
        for (std::ptrdiff_t i = begin; i < end; ++i, w += n_vectors * n) {
            const T next_input = next[i];
            const Vec<T> past = broadcast(former[i]), coming = broadcast(next_input);
            if constexpr (number == 0)
                *gram += input[i] * next_input;
            for (int j = first; j < last; ++j) {
                const Vec<T> changed = load(w + j * n) - past * error[j];
                store(w + j * n, changed);
                sum[j] += coming * changed;
            }
        }
    }
};

// A visit from S_preA of the only hidden layer to its error signals, and the sweep beside it.
//
// Each step waits for the one before, for longer than the processor can look ahead: so the parts
// of the sweep go between the steps.
template <class T, int n_vectors>
INLINE void visit_one_layer(
    const Network &net, const Visits &visits, const Visit<T> &visit, Tally &tally,
    const Vec<T> *S_preA, const Vec<T> *one, Vec<T> *error, const Sweep<T, n_vectors> &sweep)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    const TypedLayer<T> output(net.layers[1]);
    Logistic<T> f[n_vectors], f_output;
    Vec<T> postact[n_vectors], w[n_vectors], sum = broadcast(T(0));
    for (int j = 0; j < n_vectors; ++j)
        f[j].begin(S_preA[j]);
    sweep.template part<0>();
    for (int j = 0; j < n_vectors; ++j)
        f[j].middle();
    sweep.template part<1>();
    for (int j = 0; j < n_vectors; ++j) {
        postact[j] = f[j].end(one[j]);
        w[j] = load(output.weights + j * n);
        sum += postact[j] * w[j];
    }
    sweep.template part<2>();
    const Vec<T> O_preA = visit.scale * sum_across<T>(sum) + output.biases[0];
    f_output.begin(O_preA);
    sweep.template part<3>();
    f_output.middle();
    sweep.template part<4>();
    const Vec<T> O_postA = f_output.end(broadcast(T(1)));
    const Vec<T> S_ERROR = output_error<T>(visits, visit, O_preA, O_postA, tally);
    for (int j = 0; j < n_vectors; ++j) {
        error[j] = S_ERROR * ((visit.scale * w[j]) * (postact[j] * (T(1) - postact[j])));
        store(output.weights + j * n, visit.shrink * w[j] - S_ERROR * postact[j]);
    }
    if (net.train_biases)
        output.biases[0] -= visit.new_scale * first_lane<T>(S_ERROR);
    sweep.template part<5>();
}

template <class T, int n_vectors, bool is_one_layer>
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
        const Sweep<T, n_vectors> sweep{
            first.weights, former, input, next, n_inputs, error, sum, &gram};
        if constexpr (is_one_layer) {
            visit_one_layer<T, n_vectors>(
                net, visits, visit, tally, S_preA, one, own_error, sweep);
        } else {
            sweep.all(0, n_inputs / 2);
            for (int j = 0; j < n_vectors; ++j)
                store(first.postact + j * n, S_preA[j]);
            visit_layers<T>(net, visits, visit, tally);
            for (int j = 0; j < n_vectors; ++j)
                own_error[j] = load(first.error + j * n);
            sweep.all(n_inputs / 2, n_inputs);
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
