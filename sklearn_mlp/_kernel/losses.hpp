// The losses: what each of them makes of the output node. The only place of the kernels to add one.
//
// Included first without SIMD_BYTES, for the list of them, and then once per instruction set, after
// simd.hpp, for a struct of each and the choice. A loss of the list without a case below has
// no number for an error signal, so that training ends with an error, whatever the loss was to be.

#ifndef SIMD_BYTES

namespace sklearn_mlp {

enum class Loss { squared_error, log_loss };

// What the bindings know them by, in the same order.
constexpr const char *loss_names[] = {"squared_error", "log_loss"};
constexpr int n_losses = sizeof loss_names / sizeof *loss_names;

}  // namespace sklearn_mlp

#else

// Half the squared error, the article's.
struct SquaredError {
    static INLINE double value(double, double FE, bool) { return 0.5 * (FE * FE); }
    template <class T> static INLINE Vec<T> error_signal(Vec<T> FE, Vec<T> S_postA)
    {
        return FE * (S_postA * (T(1) - S_postA));
    }
};

// Minus the logarithm of the probability of the target, f(towards), from the logit: accurate where f
// is 0.
struct LogLoss {
    static INLINE double value(double S_preA, double, bool target)
    {
        const double towards = target ? S_preA : -S_preA;
        const double beyond = towards < 0.0 ? -towards : 0.0;
        return beyond + ::log1p(::exp(towards < 0.0 ? towards : -towards));
    }
    template <class T> static INLINE Vec<T> error_signal(Vec<T> FE, Vec<T>) { return FE; }
};

template <class T, class L, class V>
INLINE Vec<T> error_signal_of(
    const V &visit, double S_preA, double FE, Vec<T> scaled_FE, Vec<T> S_postA, double &sum)
{
    sum += visit.step * L::value(S_preA, FE, visit.target == T(1));
    return L::template error_signal<T>(scaled_FE, S_postA);
}

// S_ERROR, times whatever `scaled_FE` was multiplied by; adds step * loss to `sum`.
template <class T, class V>
INLINE Vec<T> error_signal(
    Loss loss, const V &visit, double S_preA, double FE, Vec<T> scaled_FE, Vec<T> S_postA,
    double &sum)
{
    // GCC 12: in another order, or without the end, a visit of 8 nodes in float takes up to 12% longer.
    switch (loss) {
    case Loss::squared_error:
        return error_signal_of<T, SquaredError>(visit, S_preA, FE, scaled_FE, S_postA, sum);
    case Loss::log_loss:
        return error_signal_of<T, LogLoss>(visit, S_preA, FE, scaled_FE, S_postA, sum);
    }
    sum = NAN;
    return broadcast(static_cast<T>(NAN));
}

#endif
