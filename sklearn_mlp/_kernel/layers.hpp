// One visit from the first hidden layer's preactivation to its error signals: everything but the
// inputs and their weights.
//
// Forward through the layers, then from the output back. The error signals of a layer are
// computed from its successor's weights just before those weights change, in one pass over them,
// so every gradient uses the weights from before the sample. Learning rate and step of the visit
// are multiplied into the output's error signal, once. The names are those of
// sklearn_mlp/_reference.py.
//
// alpha shrinks every weight, but not the biases, by the factor max(0, 1 - LR * step * alpha) in
// a visit. Weights are stored as V with weight = scale * V, and a visit changes the scale, one number, in
// place of all weights: then weight -= change is V -= change / scale. The scale is kept in double
// precision, where 1 - 1e-9 is not 1, and between 1/2 and 1: a visit that would take it below
// multiplies V by it (`shrink`) and starts again from 1. Without alpha all of this multiplies by 1.
//
// Included once per instruction set, after losses.hpp.

// What is known of a visit before it begins.
template <class T> struct Visit {
    double step;
    T target;      // T, 0 or 1
    T scale;       // weight = scale * V before the visit
    T shrink;      // V is multiplied by this ...
    T new_scale;   // ... and weight = new_scale * V after the visit
    T rate;        // learning rate * step / new_scale
};

template <class T>
INLINE Visit<T> next_visit(const Visits &visits, std::ptrdiff_t row, double &scale)
{
    const bool target = visits.classes[row] == visits.positive;
    const double step = visits.step ? visits.step[row] : 1.0;
    const double rate = visits.learning_rate[target] * step;
    Visit<T> visit;
    visit.step = step;
    visit.target = target ? T(1) : T(0);
    visit.scale = visit.shrink = visit.new_scale = T(1);
    visit.rate = static_cast<T>(rate);
    if (visits.alpha != 0.0) {
        visit.scale = static_cast<T>(scale);
        const double factor = 1.0 - rate * visits.alpha;
        scale *= factor > 0.0 ? factor : 0.0;  // at most to zero, never to the other sign
        if (!(scale >= 0.5)) {
            visit.shrink = static_cast<T>(scale);
            scale = 1.0;
        }
        visit.new_scale = static_cast<T>(scale);
        visit.rate = static_cast<T>(rate / scale);
    }
    return visit;
}

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

template <class T> void multiply(T *values, std::ptrdiff_t n, T factor)
{
    for (std::ptrdiff_t i = 0; i < n; i += Lanes<T>::n)
        store(values + i, factor * load(values + i));
}

template <class T> struct TypedLayer {
    T *weights, *biases, *postact, *error;
    std::ptrdiff_t fan_in, fan_out, stride;

    explicit TypedLayer(const Layer &l)
        : weights(static_cast<T *>(l.weights)), biases(static_cast<T *>(l.biases)),
          postact(static_cast<T *>(l.postact)), error(static_cast<T *>(l.error)),
          fan_in(l.fan_in), fan_out(l.fan_out), stride(l.stride)
    {
    }

    // S_postA = f(S_preA), padding zero
    void activate() const
    {
        constexpr std::ptrdiff_t n = Lanes<T>::n;
        std::ptrdiff_t node = 0;
        for (; node + n <= fan_out; node += n)
            store(postact + node, logistic<T>(load(postact + node), broadcast(T(1))));
        if (node < fan_out)
            store(postact + node, logistic<T>(load(postact + node), ones<T>(fan_out - node)));
    }

    void change_biases(T new_scale) const
    {
        for (std::ptrdiff_t node = 0; node < stride; node += Lanes<T>::n)
            store(biases + node, load(biases + node) - new_scale * load(error + node));
    }

    // S_preA of a hidden layer from the layer before: for several vectors of nodes at a time, for an
    // addition waits for the one before to the same sum
    void add_inputs(const T *inputs, T scale) const
    {
        constexpr std::ptrdiff_t n = Lanes<T>::n;
        std::ptrdiff_t node = 0;
        for (; node + 8 * n <= stride; node += 8 * n)
            add_inputs_to<8>(node, inputs, scale);
        for (; node + 4 * n <= stride; node += 4 * n)
            add_inputs_to<4>(node, inputs, scale);
        for (; node + 2 * n <= stride; node += 2 * n)
            add_inputs_to<2>(node, inputs, scale);
        for (; node < stride; node += n)
            add_inputs_to<1>(node, inputs, scale);
    }

    template <int n_vectors>
    INLINE void add_inputs_to(std::ptrdiff_t node, const T *inputs, T scale) const
    {
        constexpr std::ptrdiff_t n = Lanes<T>::n;
        const T *w = weights + node;
        Vec<T> sum[n_vectors];
        for (int j = 0; j < n_vectors; ++j)
            sum[j] = broadcast(T(0));
        for (std::ptrdiff_t i = 0; i < fan_in; ++i, w += stride)
            for (int j = 0; j < n_vectors; ++j)
                sum[j] += inputs[i] * load(w + j * n);
        for (int j = 0; j < n_vectors; ++j)
            store(postact + node + j * n, load(biases + node + j * n) + scale * sum[j]);
    }

    // Error signals of the layer before, then weight -= LR * gradient: for four nodes of it at a time
    void backward(const TypedLayer &before, T scale, T shrink) const
    {
        std::ptrdiff_t i = 0;
        for (; i + 4 <= fan_in; i += 4)
            backward_from<4>(i, before, scale, shrink);
        for (; i < fan_in; ++i)
            backward_from<1>(i, before, scale, shrink);
    }

    template <int n_rows>
    INLINE void backward_from(std::ptrdiff_t i, const TypedLayer &before, T scale, T shrink) const
    {
        T *w = weights + i * stride;
        Vec<T> sum[n_rows], input[n_rows];
        for (int r = 0; r < n_rows; ++r) {
            sum[r] = broadcast(T(0));
            input[r] = broadcast(before.postact[i + r]);
        }
        for (std::ptrdiff_t node = 0; node < stride; node += Lanes<T>::n) {
            const Vec<T> e = load(error + node);
            for (int r = 0; r < n_rows; ++r) {
                const Vec<T> old = load(w + r * stride + node);
                sum[r] += old * e;
                store(w + r * stride + node, shrink * old - input[r] * e);
            }
        }
        for (int r = 0; r < n_rows; ++r) {
            const T f = before.postact[i + r];
            before.error[i + r] = first_lane<T>(sum_across<T>(sum[r])) * (scale * (f * (T(1) - f)));
        }
    }
};

// S_preA of the output node, in every lane, from the first hidden layer's S_preA in its `postact`.
template <class T> INLINE Vec<T> forward_from_first(const Network &net, T scale)
{
    TypedLayer<T> layer(net.layers[0]);
    layer.activate();
    for (std::ptrdiff_t l = 1; l < net.n_layers - 1; ++l) {
        const TypedLayer<T> next(net.layers[l]);
        next.add_inputs(layer.postact, scale);
        next.activate();
        layer = next;
    }
    const TypedLayer<T> output(net.layers[net.n_layers - 1]);
    Vec<T> sum = broadcast(T(0));
    for (std::ptrdiff_t node = 0; node < layer.stride; node += Lanes<T>::n)
        sum += load(layer.postact + node) * load(output.weights + node);
    return scale * sum_across<T>(sum) + output.biases[0];
}

// The output node's error signal times learning rate and step, over the scale of the weights; adds to
// the tally.
template <class T>
INLINE Vec<T> output_error(
    const Visits &visits, const Visit<T> &visit, Vec<T> S_preA, Vec<T> S_postA, Tally &tally)
{
    const Vec<T> FE = S_postA - visit.target;
    const double preact = first_lane<T>(S_preA), final_error = first_lane<T>(FE);
    tally.lowest = preact < tally.lowest ? preact : tally.lowest;
    tally.highest = preact > tally.highest ? preact : tally.highest;
    return error_signal<T>(
        visits.loss, visit, preact, final_error, FE * visit.rate, S_postA, tally.loss);
}

// From the first hidden layer's S_preA in its `postact` to its error signals in its `error`;
// changes the weights and biases of all later layers.
template <class T>
INLINE void visit_layers(const Network &net, const Visits &visits, const Visit<T> &visit, Tally &tally)
{
    const Vec<T> S_preA = forward_from_first<T>(net, visit.scale);
    const Vec<T> S_postA = logistic<T>(S_preA, broadcast(T(1)));
    const Vec<T> error = output_error<T>(visits, visit, S_preA, S_postA, tally);
    const TypedLayer<T> output(net.layers[net.n_layers - 1]);
    TypedLayer<T> layer(net.layers[net.n_layers - 2]);
    for (std::ptrdiff_t node = 0; node < layer.stride; node += Lanes<T>::n) {
        const Vec<T> w = load(output.weights + node), postact = load(layer.postact + node);
        store(layer.error + node, error * ((visit.scale * w) * (postact * (T(1) - postact))));
        store(output.weights + node, visit.shrink * w - error * postact);
    }
    if (net.train_biases)
        output.biases[0] -= visit.new_scale * first_lane<T>(error);
    for (std::ptrdiff_t l = net.n_layers - 2; l > 0; --l) {
        const TypedLayer<T> before(net.layers[l - 1]);
        layer.backward(before, visit.scale, visit.shrink);
        if (net.train_biases)
            layer.change_biases(visit.new_scale);
        layer = before;
    }
}

// weight = 1 * V again, at the end of a call; of the layers from number `from` on.
template <class T> void settle_scale(const Network &net, double scale, std::ptrdiff_t from = 0)
{
    if (scale == 1.0)
        return;
    for (std::ptrdiff_t l = from; l < net.n_layers - 1; ++l) {
        const TypedLayer<T> layer(net.layers[l]);
        multiply(layer.weights, layer.fan_in * layer.stride, static_cast<T>(scale));
    }
    const TypedLayer<T> last(net.layers[net.n_layers - 2]), output(net.layers[net.n_layers - 1]);
    multiply(output.weights, last.stride, static_cast<T>(scale));
}
