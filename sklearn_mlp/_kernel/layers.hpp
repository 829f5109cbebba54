// One visit from the first hidden layer's preactivation to its error signals: everything but the
// inputs and their weights.
//
// Forward through the layers, then from the output back. The error signals of a layer are
// computed from its successor's weights just before those weights change, in one pass over them,
// so every gradient uses the weights from before the sample. Learning rate and step of the visit
// are multiplied into the output's error signal, once. The names are those of
// sklearn_mlp/_reference.py. Included once per instruction set, after simd.hpp.

template <class T> struct TypedLayer {
    T *weights, *biases, *postact, *error;
    std::ptrdiff_t fan_in, fan_out, stride;

    explicit TypedLayer(const Layer &l)
        : weights(static_cast<T *>(l.weights)), biases(static_cast<T *>(l.biases)),
          postact(static_cast<T *>(l.postact)), error(static_cast<T *>(l.error)),
          fan_in(l.fan_in), fan_out(l.fan_out), stride(l.stride)
    {
    }

    // S_postA = f(S_preA), padding set to zero
    void activate() const
    {
        constexpr std::ptrdiff_t n = Lanes<T>::n;
        std::ptrdiff_t node = 0;
        for (; node + n <= fan_out; node += n)
            store(postact + node, logistic<T>(load(postact + node)));
        if (node < fan_out)
            store(postact + node, keep_lanes<T>(logistic<T>(load(postact + node)), fan_out - node));
    }

    void change_biases() const
    {
        for (std::ptrdiff_t node = 0; node < stride; node += Lanes<T>::n)
            store(biases + node, load(biases + node) - load(error + node));
    }

    // S_preA of a hidden layer from the layer before
    void add_inputs(const T *inputs) const
    {
        for (std::ptrdiff_t node = 0; node < stride; node += Lanes<T>::n) {
            Vec<T> sum = load(biases + node);
            for (std::ptrdiff_t i = 0; i < fan_in; ++i)
                sum += inputs[i] * load(weights + i * stride + node);
            store(postact + node, sum);
        }
    }

    // Error signals of the layer before, then weight -= LR * gradient
    void backward(const TypedLayer &before) const
    {
        for (std::ptrdiff_t i = 0; i < fan_in; ++i) {
            const T input = before.postact[i];
            T *w = weights + i * stride;
            Vec<T> sum = broadcast(T(0));
            for (std::ptrdiff_t node = 0; node < stride; node += Lanes<T>::n) {
                const Vec<T> old = load(w + node), e = load(error + node);
                sum += old * e;
                store(w + node, old - input * e);
            }
            before.error[i] = first_lane<T>(sum_across<T>(sum)) * (input * (T(1) - input));
        }
    }
};

// S_preA of the output node, in every lane, from the first hidden layer's S_preA in its `postact`.
template <class T> INLINE Vec<T> forward_from_first(const Network &net)
{
    TypedLayer<T> layer(net.layers[0]);
    layer.activate();
    for (std::ptrdiff_t l = 1; l < net.n_layers - 1; ++l) {
        const TypedLayer<T> next(net.layers[l]);
        next.add_inputs(layer.postact);
        next.activate();
        layer = next;
    }
    const TypedLayer<T> output(net.layers[net.n_layers - 1]);
    Vec<T> sum = broadcast(T(0));
    for (std::ptrdiff_t node = 0; node < layer.stride; node += Lanes<T>::n)
        sum += load(layer.postact + node) * load(output.weights + node);
    return sum_across<T>(sum) + output.biases[0];
}

// From the first hidden layer's S_preA in its `postact` to its error signals in its `error`;
// changes the weights of all later layers.
template <class T>
INLINE void visit(const Network &net, const Visits &visits, std::ptrdiff_t row, Tally &tally)
{
    const double scale = visits.step ? visits.step[row] : 1.0;
    const T target = visits.classes[row] == visits.positive ? T(1) : T(0);

    const Vec<T> S_preA = forward_from_first<T>(net);
    const Vec<T> S_postA = logistic<T>(S_preA);
    const Vec<T> FE = S_postA - target;
    const Vec<T> S_ERROR = FE * (S_postA * (T(1) - S_postA));
    const Vec<T> error = S_ERROR * static_cast<T>(visits.learning_rate * scale);

    const double preact = first_lane<T>(S_preA), final_error = first_lane<T>(FE);
    tally.loss += scale * 0.5 * (final_error * final_error);
    tally.lowest = preact < tally.lowest ? preact : tally.lowest;
    tally.highest = preact > tally.highest ? preact : tally.highest;

    const TypedLayer<T> output(net.layers[net.n_layers - 1]);
    TypedLayer<T> layer(net.layers[net.n_layers - 2]);
    for (std::ptrdiff_t node = 0; node < layer.stride; node += Lanes<T>::n) {
        const Vec<T> w = load(output.weights + node), postact = load(layer.postact + node);
        store(layer.error + node, error * w * (postact * (T(1) - postact)));
        store(output.weights + node, w - error * postact);
    }
    if (net.train_biases)
        output.biases[0] -= first_lane<T>(error);
    for (std::ptrdiff_t l = net.n_layers - 2; l > 0; --l) {
        const TypedLayer<T> before(net.layers[l - 1]);
        layer.backward(before);
        if (net.train_biases)
            layer.change_biases();
        layer = before;
    }
}
