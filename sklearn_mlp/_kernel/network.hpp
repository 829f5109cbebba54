// Forward pass and online backpropagation of one network with a single output node.
//
// The equations are those of sklearn_mlp/_reference.py, and the names too. A visit to a sample
// runs forward, then from the output back to the first layer: the error signals of a layer are
// computed from its successor's weights just before those weights change, so every gradient
// uses the weights from before the sample and nothing has to be stored twice. The learning rate
// and the step scale of the visit are multiplied into the first error signal, once.
//
// Weights are row-major (fan_in, fan_out): the inner loops run over the nodes of the layer, side
// by side in memory, and need no reordering of additions to be vectorised. A zero input of a
// dense row is treated as any other value.
//
// Nothing here allocates, locks, prints or knows Python: the caller owns every buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "logistic.hpp"
#include "rows.hpp"

namespace sklearn_mlp {

// One layer as the bindings know it: untyped, of the dtype of X.
struct Layer {
    void *weights;     // IN/OUT (fan_in, fan_out)
    void *biases;      // IN/OUT (fan_out,)
    void *postact;     // scratch (fan_out,): S_postA
    void *error;       // scratch (fan_out,): error signals, scaled by the step
    std::ptrdiff_t fan_in, fan_out;
};

struct Network {
    Layer *layers;             // hidden layers from the input side, then the output layer (fan_out 1)
    std::ptrdiff_t n_layers;   // >= 2
    bool train_biases;         // false: biases stay as they are (zero)
};

// What one call of `train` adds to; all of it read before each visit's update.
struct Tally {
    double loss;               // sum of step * 1/2 * FE^2
    double lowest, highest;    // extremes of the output's preactivation
};

template <class T>
struct TypedLayer {
    T *weights, *biases, *postact, *error;
    std::ptrdiff_t fan_in, fan_out;

    explicit TypedLayer(const Layer &l)
        : weights(static_cast<T *>(l.weights)), biases(static_cast<T *>(l.biases)),
          postact(static_cast<T *>(l.postact)), error(static_cast<T *>(l.error)),
          fan_in(l.fan_in), fan_out(l.fan_out)
    {
    }

    void start() const
    {
        for (std::ptrdiff_t node = 0; node < fan_out; ++node)
            postact[node] = biases[node];
    }

    // S_preA += input * weights of that input
    void add_input(std::ptrdiff_t input, T value) const
    {
        const T *w = weights + input * fan_out;
        T *__restrict sum = postact;
        for (std::ptrdiff_t node = 0; node < fan_out; ++node)
            sum[node] += value * w[node];
    }

    void activate() const
    {
        for (std::ptrdiff_t node = 0; node < fan_out; ++node)
            postact[node] = logistic(postact[node]);
    }

    // Error signal of node `input` of the layer before: weights * error * f'(S_preA)
    T error_of_input(std::ptrdiff_t input, T input_postact) const
    {
        const T *w = weights + input * fan_out;
        T sum = 0;
        for (std::ptrdiff_t node = 0; node < fan_out; ++node)
            sum += w[node] * error[node];
        return sum * (input_postact * (T(1) - input_postact));
    }

    // weight -= LR * gradient, for the weights of one input
    void change_weights(std::ptrdiff_t input, T value) const
    {
        T *__restrict w = weights + input * fan_out;
        const T *e = error;
        for (std::ptrdiff_t node = 0; node < fan_out; ++node)
            w[node] -= value * e[node];
    }

    void change_biases() const
    {
        for (std::ptrdiff_t node = 0; node < fan_out; ++node)
            biases[node] -= error[node];
    }
};

// S_preA of the output node; leaves S_postA of every hidden layer in its `postact`.
template <class T, class TypedRows>
T forward(const Network &net, const TypedRows &x, std::ptrdiff_t row)
{
    const TypedLayer<T> first(net.layers[0]);
    first.start();
    x.for_each(row, [&](std::ptrdiff_t column, T value) { first.add_input(column, value); });
    for (std::ptrdiff_t l = 1; l < net.n_layers; ++l) {
        const TypedLayer<T> before(net.layers[l - 1]), layer(net.layers[l]);
        before.activate();
        layer.start();
        for (std::ptrdiff_t node = 0; node < layer.fan_in; ++node)
            layer.add_input(node, before.postact[node]);
    }
    return TypedLayer<T>(net.layers[net.n_layers - 1]).postact[0];
}

// Needs `postact` as `forward` left it and the output layer's error signal.
template <class T, class TypedRows>
void backward(const Network &net, const TypedRows &x, std::ptrdiff_t row)
{
    for (std::ptrdiff_t l = net.n_layers - 1; l > 0; --l) {
        const TypedLayer<T> before(net.layers[l - 1]), layer(net.layers[l]);
        for (std::ptrdiff_t node = 0; node < layer.fan_in; ++node) {
            const T postact = before.postact[node];
            before.error[node] = layer.error_of_input(node, postact);
            layer.change_weights(node, postact);
        }
        if (net.train_biases)
            layer.change_biases();
    }
    const TypedLayer<T> first(net.layers[0]);
    x.for_each(row, [&](std::ptrdiff_t column, T value) { first.change_weights(column, value); });
    if (net.train_biases)
        first.change_biases();
}

// Visit rows one after another and change all weights after each.
inline void train(
    const Rows &rows,
    const Network &net,
    const std::ptrdiff_t *order,     // IN  (n_visits,) row numbers
    std::ptrdiff_t n_visits,
    const std::int32_t *classes,     // IN  (n_rows,)
    std::int32_t positive,           // the class whose target T is 1
    const double *step,              // IN  (n_rows,) scale of the learning rate, or NULL for 1
    double learning_rate,
    Tally *tally)                    // IN/OUT
{
    with_rows(rows, [=, &net](const auto &x) {
        using T = typename std::decay_t<decltype(x)>::Value;
        const TypedLayer<T> output(net.layers[net.n_layers - 1]);
        Tally sum = *tally;
        for (std::ptrdiff_t visit = 0; visit < n_visits; ++visit) {
            const std::ptrdiff_t row = order[visit];
            const double scale = step ? step[row] : 1.0;

            const T S_preA = forward<T>(net, x, row);
            const T S_postA = logistic(S_preA);
            const T FE = S_postA - (classes[row] == positive ? T(1) : T(0));
            const T S_ERROR = FE * (S_postA * (T(1) - S_postA));

            sum.loss += scale * 0.5 * (static_cast<double>(FE) * FE);
            sum.lowest = S_preA < sum.lowest ? S_preA : sum.lowest;
            sum.highest = S_preA > sum.highest ? S_preA : sum.highest;

            output.error[0] = static_cast<T>(learning_rate * scale) * S_ERROR;
            backward<T>(net, x, row);
        }
        *tally = sum;
    });
}

// The output's preactivation (the logit of the positive class) for rows of X.
inline void decide(
    const Rows &rows,
    const Network &net,
    const std::ptrdiff_t *subset,    // IN  (n,) row numbers, or NULL for `first` to `first + n - 1`
    std::ptrdiff_t first,
    std::ptrdiff_t n,
    void *logits,                    // OUT n values of the dtype of X, `stride` apart
    std::ptrdiff_t stride)
{
    with_rows(rows, [=, &net](const auto &x) {
        using T = typename std::decay_t<decltype(x)>::Value;
        for (std::ptrdiff_t i = 0; i < n; ++i)
            static_cast<T *>(logits)[i * stride] = forward<T>(net, x, subset ? subset[i] : first + i);
    });
}

}  // namespace sklearn_mlp
