// Vectors of the instruction set that this file is compiled for, and the logistic function.
//
// Included once per instruction set, inside its namespace, with SIMD_BYTES the size of a vector;
// 0 is the plain template for compilers without vector extensions: vectors of one value. All
// arithmetic but one permutation is written in the operators that GCC and Clang define on vectors.
//
// The logistic function f(x) = 1 / (1 + exp(-x)) is written on e = exp(-|x|), which lies in (0, 1]
// and cannot overflow: 1 / (1 + e) for x >= 0 and e / (1 + e) for x < 0, where the second form
// keeps the relative accuracy of tiny probabilities. exp has no branch: -|x| = n ln 2 + r, with n
// rounded by adding and subtracting 1.5 * 2^52 and ln 2 in two parts (so that n * the first is
// exact), a polynomial in r, and 2^n made from exponent bits: those of the sum that rounds, which
// has the exponent's bias added for that. Below -708.39 (float: -87.33), where 2^n and the result
// would be subnormal numbers, exp is 0. The polynomials interpolate exp at the Chebyshev nodes of
// |r| <= ln 2 / 2: relative errors 4e-18 (degree 11) and 3e-9 (degree 6). With AVX-512, double
// precision has -|x| = (n / 16) ln 2 + r instead: two registers hold the table of 2^(j / 16), where
// j is the last four bits of n, and a polynomial of degree 6 has a relative error of 8e-18. That
// makes training on few inputs, where logistic functions are most of the work, up to 18% faster
// (Zen 4); float would save three operations of a shorter polynomial and add three for the table.
// NaN stays NaN: every comparison is written so that NaN takes the branch of x itself.

#if SIMD_BYTES

template <class T> struct Lanes;
template <> struct Lanes<double> {
    typedef double Vec __attribute__((vector_size(SIMD_BYTES)));
    typedef std::int64_t Int __attribute__((vector_size(SIMD_BYTES)));
    typedef Vec Unaligned __attribute__((aligned(sizeof(double)), may_alias));
    static constexpr std::ptrdiff_t n = SIMD_BYTES / sizeof(double);
};
template <> struct Lanes<float> {
    typedef float Vec __attribute__((vector_size(SIMD_BYTES)));
    typedef std::int32_t Int __attribute__((vector_size(SIMD_BYTES)));
    typedef Vec Unaligned __attribute__((aligned(sizeof(float)), may_alias));
    static constexpr std::ptrdiff_t n = SIMD_BYTES / sizeof(float);
};
template <class T> using Vec = typename Lanes<T>::Vec;

template <class T> INLINE Vec<T> load(const T *p)
{
    return *reinterpret_cast<const typename Lanes<T>::Unaligned *>(p);
}

template <class T> INLINE void store(T *p, Vec<T> v)
{
    *reinterpret_cast<typename Lanes<T>::Unaligned *>(p) = v;
}

// GCC folds the subtraction away, while it may set the lanes in a loop one by one.
template <class T> INLINE Vec<T> broadcast(T x) { return x - Vec<T>{}; }

template <class T> INLINE T first_lane(Vec<T> v) { return v[0]; }

// The sum of all lanes, in every lane; the order of the additions is that of a tree.
template <class T> INLINE Vec<T> sum_across(Vec<T> v)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    if constexpr (n == 16) {
        v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
        v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
        v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
        v += __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    } else if constexpr (n == 8) {
        v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
        v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
        v += __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
    } else if constexpr (n == 4) {
        v += __builtin_shufflevector(v, v, 2, 3, 0, 1);
        v += __builtin_shufflevector(v, v, 1, 0, 3, 2);
    } else {
        static_assert(n == 2);
        v += __builtin_shufflevector(v, v, 1, 0);
    }
    return v;
}

// 1 in the first `n` lanes, 0 in the others.
template <class T> INLINE Vec<T> ones(std::ptrdiff_t n)
{
    using I = typename Lanes<T>::Int;
    I lane;
    for (std::ptrdiff_t i = 0; i < Lanes<T>::n; ++i)
        lane[i] = static_cast<int>(i);
    return lane < static_cast<int>(n) ? broadcast(T(1)) : broadcast(T(0));
}

// What is left of exp(x) for x <= 0 or NaN once x = n ln 2 + r: r, and 2^n in the bits.
template <class T> struct Reduced {
    Vec<T> x, shifted, r;
};

#if SIMD_BYTES == 64

INLINE Reduced<double> reduce(Vec<double> x)
{
    const double shift = 0x1.8p52;
    const Vec<double> shifted = x * 23.08312065422341419 + shift, n = shifted - shift;
    return {x, shifted, (x - n * 0x1.62e42fefap-5) - n * 0x1.cf79abc9e3b3ap-44};
}

INLINE Vec<double> polynomial(Vec<double> r)
{
    using V = Vec<double>;
    const V r2 = r * r;
    const V p0 = 1.0 + r * 1.0000000000000022;
    const V p2 = 0.5000000000000003 + r * 0.16666666662844726;
    const V p4 = 0.04166666666188925 + r * 0.008333496248686918;
    return p0 + r2 * (p2 + r2 * (p4 + r2 * 0.0013889092532749104));
}

INLINE Vec<double> scaled(const Reduced<double> &a, Vec<double> p)
{
    using V = Vec<double>;
    // Unsigned, because the sum may overflow where x is so low that it is not used.
    typedef std::uint64_t U __attribute__((vector_size(SIMD_BYTES)));
    // 2^(j / 16)
    const V low = {
        1.0, 1.04427378242741384, 1.090507732665257659, 1.138788634756691654,
        1.189207115002721067, 1.241857812073484049, 1.296839554651009666, 1.354255546936892728};
    const V high = {
        1.414213562373095049, 1.476826145939499311, 1.542210825407940824, 1.610490331949254308,
        1.681792830507429086, 1.756252160373299483, 1.834008086409342463, 1.915206561397147294};
    // The permutation reads the last four bits of n; those before them are added to the exponent.
    const U n = (U)a.shifted, exponent = (n << 48) & ~((std::uint64_t(1) << 52) - 1);
    const U power = (U)_mm512_permutex2var_pd((__m512d)low, (__m512i)n, (__m512d)high) + exponent;
    return a.x < -708.39 ? broadcast(0.0) : p * (Vec<double>)power;
}

#else

INLINE Reduced<double> reduce(Vec<double> x)
{
    const double shift = 0x1.8p52 + 1023.0;
    const Vec<double> shifted = x * 1.4426950408889634074 + shift, n = shifted - shift;
    return {x, shifted, (x - n * 0x1.62e42fefa2000p-1) - n * 0x1.9ef35793c7673p-41};
}

INLINE Vec<double> polynomial(Vec<double> r)
{
    using V = Vec<double>;
    const V r2 = r * r, r4 = r2 * r2;
    const V p0 = 0.9999999999999999969 + r * 0.9999999999999999998;
    const V p2 = 0.5000000000000018404 + r * 0.1666666666666668082;
    const V p4 = 0.04166666666648795252 + r * 0.008333333333319589616;
    const V p6 = 0.001388888895235286287 + r * 0.0001984126989007640283;
    const V p8 = 0.00002480148544156131297 + r * 2.75572408872298686e-6;
    const V p10 = 2.763265472252779189e-7 + r * 2.511004920481865979e-8;
    return (p0 + r2 * p2) + r4 * ((p4 + r2 * p6) + r4 * (p8 + r2 * p10));
}

INLINE Vec<double> scaled(const Reduced<double> &a, Vec<double> p)
{
    using I = Lanes<double>::Int;
    return a.x < -708.39 ? broadcast(0.0) : p * (Vec<double>)((I)a.shifted << 52);
}

#endif

INLINE Reduced<float> reduce(Vec<float> x)
{
    const float shift = 0x1.8p23f + 127.0f;
    const Vec<float> shifted = x * 1.44269504f + shift, n = shifted - shift;
    return {x, shifted, (x - n * 0.693145751953125f) - n * 1.4286068203094173e-06f};
}

INLINE Vec<float> polynomial(Vec<float> r)
{
    using V = Vec<float>;
    const V r2 = r * r;
    const V p0 = 1.0f + r * 1.0000000377f;
    const V p2 = 0.50000000471f + r * 0.16666415414f;
    const V p4 = 0.041666352771f + r * 0.0083751347746f;
    return p0 + r2 * (p2 + r2 * (p4 + r2 * 0.0013941118896f));
}

INLINE Vec<float> scaled(const Reduced<float> &a, Vec<float> p)
{
    using I = Lanes<float>::Int;
    return a.x < -87.33f ? broadcast(0.0f) : p * (Vec<float>)((I)a.shifted << 23);
}

// The logistic function in three steps, so that a caller can have other work between them.
template <class T> struct Logistic {
    Vec<T> x, p;
    Reduced<T> reduced;

    INLINE void begin(Vec<T> at)
    {
        using I = typename Lanes<T>::Int;
        x = at;
        reduced = reduce((Vec<T>)((I)x | (I)broadcast(T(-0.0))));  // -|x|
    }
    INLINE void middle() { p = polynomial(reduced.r); }
    // `one` is 1, or 0 in the padding, where x is 0 and the result has to be 0.
    INLINE Vec<T> end(Vec<T> one) const
    {
        const Vec<T> e = scaled(reduced, p);
        return (x < T(0) ? e : one) / (T(1) + e);
    }
};

template <class T> INLINE Vec<T> logistic(Vec<T> x, Vec<T> one)
{
    Logistic<T> f;
    f.begin(x);
    f.middle();
    return f.end(one);
}

#else

template <class T> struct Lanes { static constexpr std::ptrdiff_t n = 1; };
template <class T> using Vec = T;
template <class T> INLINE T load(const T *p) { return *p; }
template <class T> INLINE void store(T *p, T v) { *p = v; }
template <class T> INLINE T broadcast(T x) { return x; }
template <class T> INLINE T first_lane(T v) { return v; }
template <class T> INLINE T sum_across(T v) { return v; }
template <class T> INLINE T ones(std::ptrdiff_t) { return T(1); }
template <class T> struct Logistic {
    T x;
    INLINE void begin(T at) { x = at; }
    INLINE void middle() {}
    INLINE T end(T one) const
    {
        const T e = std::exp(-std::fabs(x));
        return (x < T(0) ? e : one) / (T(1) + e);
    }
};
template <class T> INLINE T logistic(T x, T one) { return Logistic<T>{x}.end(one); }

#endif
