// Training on dense rows: the fused pass (fused.hpp), the blocked pass (blocked.hpp), the choice.
//
// Both compute what visiting one sample after another computes: except for rounding, the weights
// are the same after every sample. They differ in how often the first layer's weights W travel
// between memory and registers, and in what waits for what. Both use one identity: if A = W x_t is
// computed before the changes of W by the samples s < t, which are the outer products of their
// inputs and error signals, then (biases count as inputs of 1)
//
//     S_preA_t = A - sum over these s of (x_s . x_t) * error_s.
//
// Fused, for rows of W of a few vectors: one sweep over W makes the change of sample t - 1 and
// the sum A of sample t + 1; each weight is loaded and stored once. Neither depends on sample t.
// The logistic functions and sums across nodes of sample t are a long chain of operations that
// wait for each other; the processor does the sweep at the same time. The parts of the sweep stand
// between the steps of the chain, because the processor looks only about 300 operations ahead.
//
// Blocked: for a block of samples X_B, the matrix product A = X_B W and the Gram matrix
// G = X_B X_B^T, then one sample after another, then W -= X_B^T error, in the same sweep over W
// as the product A of the next block. So W is read and written once per block, and nearly all
// work is in matrix products that run near the processor's floating-point peak.
//
// Where alpha scales W (see layers.hpp) A and the error signals are those of V, so that the
// identity has a factor: S_preA_t = scale_t * (A - sum of G error) + bias.
//
// Included once per instruction set, after fused.hpp and blocked.hpp.

// Whether the fused pass is the faster one: for rows of W of one or two vectors, of three and four up
// to half a megabyte, and of up to eight while W as a whole fits the first-level cache, or nearly.
// Measured with AVX-512. Zen 4, both dtypes: the fused one is faster by 5 to 30% up to 784 inputs, the
// blocked one from a megabyte on, by 15 to 40%. Zen 5: for three and four vectors the blocked one is
// faster as soon as W does not fit the first-level cache, by 20% (50 KB) to 160% (4 MB).
template <class T> bool prefers_fused(const Network &net)
{
    const std::ptrdiff_t n_vectors = net.layers[0].stride / Lanes<T>::n;
    const std::ptrdiff_t n_bytes
        = net.layers[0].fan_in * net.layers[0].stride * static_cast<std::ptrdiff_t>(sizeof(T));
    return n_vectors <= 2 || (n_vectors <= 4 && n_bytes <= 524288)
        || (n_vectors <= 8 && n_bytes <= 40960);
}

template <class T>
void train_rows(const DenseRows<T> &x, const Network &net, const Visits &visits, Tally &tally)
{
    const auto fused = [&](auto n_vectors) {
        constexpr int n = decltype(n_vectors)::value;
        net.n_layers == 2 ? train_fused<T, n, true>(x, net, visits, tally)
                          : train_fused<T, n, false>(x, net, visits, tally);
    };
    switch (prefers_fused<T>(net) ? net.layers[0].stride / Lanes<T>::n : 0) {
    case 1: return fused(std::integral_constant<int, 1>());
    case 2: return fused(std::integral_constant<int, 2>());
    case 3: return fused(std::integral_constant<int, 3>());
    case 4: return fused(std::integral_constant<int, 4>());
    case 5: return fused(std::integral_constant<int, 5>());
    case 6: return fused(std::integral_constant<int, 6>());
    case 7: return fused(std::integral_constant<int, 7>());
    case 8: return fused(std::integral_constant<int, 8>());
    default: return train_blocked<T>(x, net, visits, tally);
    }
}
