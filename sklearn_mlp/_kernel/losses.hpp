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
    template <class T> static INLINE Vec<T> error_signal(Vec<T> FE, Vec<T> S_postA)
    {
        return FE * (S_postA * (T(1) - S_postA));
    }
    static INLINE double value(double, double FE, bool) { return 0.5 * (FE * FE); }
};

// Minus the logarithm of the probability of the target, f(towards), from the logit: accurate where f
// is 0.
struct LogLoss {
    template <class T> static INLINE Vec<T> error_signal(Vec<T> FE, Vec<T>) { return FE; }
    static INLINE double value(double S_preA, double, bool target)
    {
        const double towards = target ? S_preA : -S_preA;
        const double beyond = towards < 0.0 ? -towards : 0.0;
        return beyond + ::log1p(::exp(towards < 0.0 ? towards : -towards));
    }
};

// The value of a loss, and its error signal S_ERROR, times what scales `scaled_FE`.
template <class T>
INLINE Vec<T> error_signal(
    Loss loss, double S_preA, double FE, bool target, Vec<T> scaled_FE, Vec<T> S_postA, double &value)
{
    switch (loss) {
    case Loss::log_loss:
        value = LogLoss::value(S_preA, FE, target);
        return LogLoss::error_signal<T>(scaled_FE, S_postA);
    case Loss::squared_error:
        value = SquaredError::value(S_preA, FE, target);
        return SquaredError::error_signal<T>(scaled_FE, S_postA);
    }
    value = NAN;
    return broadcast(static_cast<T>(NAN));
}

#endif
