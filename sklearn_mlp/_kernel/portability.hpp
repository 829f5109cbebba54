// Every switch for compilers: what differs between GCC, Clang, clang-cl and Visual C++. (That for the
// processor is in x86.hpp, that for names of flags in meson.build.)
#pragma once

#define SKLEARN_MLP_TEXT(number) SKLEARN_MLP_QUOTED(number)
#define SKLEARN_MLP_QUOTED(number) #number
#if defined(__clang__)
#define SKLEARN_MLP_COMPILER "Clang " __clang_version__
#elif defined(__GNUC__)
#define SKLEARN_MLP_COMPILER "GCC " __VERSION__
#elif defined(_MSC_FULL_VER)
#define SKLEARN_MLP_COMPILER "Visual C++ " SKLEARN_MLP_TEXT(_MSC_FULL_VER)
#else
#define SKLEARN_MLP_COMPILER "unknown"
#endif

#if defined(__GNUC__) || defined(__clang__)
#define INLINE inline __attribute__((always_inline))
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define INLINE inline
#define PREFETCH(address) ((void)(address))
#endif

// Vectors need Clang's and GCC's operators on them and this builtin; Visual C++ lacks both.
#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define SKLEARN_MLP_VECTORS 1
#endif
#endif

// What stands between SKLEARN_MLP_BEGIN_TARGET and SKLEARN_MLP_END_TARGET is compiled for the given
// features of an x86-64 processor.
#if defined(SKLEARN_MLP_VECTORS) && defined(__x86_64__)
#define SKLEARN_MLP_X86 1
#define SKLEARN_MLP_PRAGMA(...) _Pragma(#__VA_ARGS__)
#ifdef __clang__
#define SKLEARN_MLP_BEGIN_TARGET(features) \
    SKLEARN_MLP_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define SKLEARN_MLP_END_TARGET SKLEARN_MLP_PRAGMA(clang attribute pop)
#else
#define SKLEARN_MLP_BEGIN_TARGET(features) \
    SKLEARN_MLP_PRAGMA(GCC push_options) SKLEARN_MLP_PRAGMA(GCC target(features))
#define SKLEARN_MLP_END_TARGET SKLEARN_MLP_PRAGMA(GCC pop_options)
#endif
#endif
