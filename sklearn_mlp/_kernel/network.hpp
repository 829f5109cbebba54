// What the bindings and the kernels agree on: the structs of a network and of one call.
//
// Layout. Each layer's weights are row-major (fan_in, fan_out) with rows `stride` apart, `stride`
// being fan_out rounded up to whole vectors of the instruction set: the kernels run over the
// nodes of a layer, side by side in memory, in whole vectors. What the rounding adds, the padding,
// is zero and stays zero. A layer's biases follow its weights. The weights of the output layer
// (fan_out 1) lie side by side, padded like the layer before.
#pragma once

#include <cstddef>
#include <cstdint>

#include "losses.hpp"
#include "rows.hpp"

namespace sklearn_mlp {

// Untyped, of the dtype of X.
struct Layer {
    void *weights;             // IN/OUT (fan_in, stride); output layer: (stride of the layer before,)
    void *biases;              // IN/OUT (stride,)
    void *postact;             // scratch (stride,): S_preA, then S_postA
    void *error;               // scratch (stride,): error signals, times learning rate and step, / scale
    std::ptrdiff_t fan_in, fan_out, stride;
};

struct Network {
    Layer *layers;             // hidden layers from the input side, then the output layer
    std::ptrdiff_t n_layers;   // >= 2
    void *block;               // scratch, `block_scratch` values
    bool train_biases;         // false: biases stay as they are (zero)
};

// The first layer of a network in the dual, see dual.hpp; of the dtype of X.
struct Dual {
    const void *initial;       // IN (fan_in, stride): W_0
    void *start;               // IN/OUT (n_rows, stride): A
    void *change;              // IN/OUT (n_rows, stride): C
    const void *gram;          // IN (n_rows, n_rows): G
    const std::ptrdiff_t *places;  // IN (rows of X,): numbers of rows of A, C and G
    double *factor;            // IN/OUT w
    std::ptrdiff_t n_rows;
};

// What one call of `train` adds to; all of it read before each visit's update.
struct Tally {
    double loss;               // sum of step * loss
    double lowest, highest;    // extremes of the output's preactivation
};

// The visits of one call of `train`.
struct Visits {
    const std::ptrdiff_t *order;   // IN (n,) row numbers
    std::ptrdiff_t n;
    const std::int32_t *classes;   // IN (n_rows,)
    std::int32_t positive;         // the class whose target T is 1
    const double *step;            // IN (n_rows,) scale of the learning rate, or NULL for 1
    double learning_rate[2];       // of samples whose target is 0, is 1
    double alpha;                  // of the L2 term, divided by the total step of an epoch
    Loss loss;
};

// Samples that the blocked pass takes at a time.
constexpr std::ptrdiff_t block_length = 16;

// Scratch values of a network for the blocked pass, see Block in blocked.hpp; `width` is the number of
// inputs rounded up to whole vectors, and `stride` that of the first hidden layer.
inline std::ptrdiff_t block_scratch(std::ptrdiff_t width, std::ptrdiff_t stride)
{
    return block_length * (2 * width + 2 * stride + block_length + 2);
}

}  // namespace sklearn_mlp
