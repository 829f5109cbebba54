// The logistic function f(x) = 1 / (1 + exp(-x)), exact to a few ulp for every x.
//
// It is written on e = exp(-|x|), which lies in (0, 1] and cannot overflow:
// f(x) = 1 / (1 + e) for x >= 0 and e / (1 + e) for x < 0. The second form keeps the full
// relative accuracy of tiny probabilities, down to the subnormals (f(-720) = 2e-313).
// NaN stays NaN.
#pragma once

#include <cmath>

namespace sklearn_mlp {

template <class T>
inline T logistic(T x)
{
    const T e = std::exp(-std::fabs(x));
    return (x < T(0) ? e : T(1)) / (T(1) + e);
}

}  // namespace sklearn_mlp
