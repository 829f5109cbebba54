// The losses: what each of them makes of the output node. The only place of the kernels to add one.
//
// Included first without SIMD_BYTES, for the list of them, and then once per instruction set, after
// simd.hpp, for a struct of each and the choice. A loss of the list without a case below does not
// compile. If the number of a loss is none of them, the error signal is not a number, so that training
// ends with an error.

#ifndef SIMD_BYTES

namespace sklearn_mlp {

#define SKLEARN_MLP_LOSSES(EACH) EACH(squared_error) EACH(log_loss)

#define SKLEARN_MLP_ENUMERATOR(name) name,
enum class Loss { SKLEARN_MLP_LOSSES(SKLEARN_MLP_ENUMERATOR) };

// What the bindings know them by.
#define SKLEARN_MLP_NAME(name) #name,
constexpr const char *loss_names[] = {SKLEARN_MLP_LOSSES(SKLEARN_MLP_NAME)};
constexpr int n_losses = sizeof loss_names / sizeof *loss_names;

}  // namespace sklearn_mlp

#else

// A struct has the loss of a sample from S_preA, FE and T, and S_ERROR times a factor from FE times
// the same factor (learning rate, step and more, never negative) and S_postA.

// Half the squared error, the article's.
struct SquaredError {
    static INLINE double value(double, double FE, bool) { return 0.5 * (FE * FE); }
    template <class T> static INLINE Vec<T> error_signal(Vec<T> scaled_FE, Vec<T> S_postA)
    {
        return scaled_FE * (S_postA * (T(1) - S_postA));
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
    template <class T> static INLINE Vec<T> error_signal(Vec<T> scaled_FE, Vec<T>)
    {
        return scaled_FE;
    }
};

template <class T, class L, class V>
INLINE Vec<T> error_signal_of(
    const V &visit, double S_preA, double FE, Vec<T> scaled_FE, Vec<T> S_postA, double &sum)
{
    sum += visit.step * L::value(S_preA, FE, visit.target == T(1));
    return L::template error_signal<T>(scaled_FE, S_postA);
}

// The scaled S_ERROR, see above; adds step * loss to `sum`.
template <class T, class V>
INLINE Vec<T> error_signal(
    Loss loss, const V &visit, double S_preA, double FE, Vec<T> scaled_FE, Vec<T> S_postA,
    double &sum)
{
    // With the cases in another order, or without the lines after them, GCC 12 makes a visit of 8 nodes
    // in float take up to 12% longer.
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
