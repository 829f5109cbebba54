// The kernels, compiled once per instruction set, and the choice among them.
//
// One text (parts.hpp) is included in a namespace for each instruction
// set, under a target pragma; the vector size is all that differs. Standard templates stay out of
// these regions: the linker keeps one copy of them, which might be the one with instructions that
// the processor lacks. Compilers without vector extensions have the plain template only.
//
// Nothing here allocates, locks, prints or knows Python: the caller owns every buffer.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "network.hpp"
#include "rows.hpp"

namespace sklearn_mlp {

namespace plain {
#define SIMD_BYTES 0
#include "parts.hpp"
#undef SIMD_BYTES
}  // namespace plain

#if defined(__GNUC__) && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define SKLEARN_MLP_VECTORS 1
namespace baseline {
#define SIMD_BYTES 16
#include "parts.hpp"
#undef SIMD_BYTES
}  // namespace baseline
#endif
#endif

#if defined(SKLEARN_MLP_VECTORS) && defined(__x86_64__) && !defined(__clang__)
#define SKLEARN_MLP_X86 1
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2")
namespace v3 {
#define SIMD_BYTES 32
#include "parts.hpp"
#undef SIMD_BYTES
}  // namespace v3
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2,avx512f,avx512dq,avx512bw,avx512vl")
namespace v4 {
#define SIMD_BYTES 64
#include "parts.hpp"
#undef SIMD_BYTES
}  // namespace v4
#pragma GCC pop_options
#endif

struct InstructionSet {
    const char *name;
    bool available;
    std::ptrdiff_t double_lanes, float_lanes;
    decltype(&plain::train) train;
    decltype(&plain::decide) decide;
};

constexpr int n_instruction_sets = 4;

// From the plainest to the widest.
inline InstructionSet instruction_set_of(int number)
{
#define SKLEARN_MLP_SET(name, available) \
    {#name, available, name::lanes<double>(), name::lanes<float>(), &name::train, &name::decide}
    switch (number) {
#ifdef SKLEARN_MLP_X86
    case 3:
        return SKLEARN_MLP_SET(
            v4, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
                    && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                    && __builtin_cpu_supports("fma"));
    case 2:
        return SKLEARN_MLP_SET(
            v3, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                    && __builtin_cpu_supports("bmi2"));
#endif
#ifdef SKLEARN_MLP_VECTORS
    case 1:
        return SKLEARN_MLP_SET(baseline, true);
#endif
    case 0:
        return SKLEARN_MLP_SET(plain, true);
    default:
        return {"", false, 1, 1, nullptr, nullptr};
    }
#undef SKLEARN_MLP_SET
}

}  // namespace sklearn_mlp
