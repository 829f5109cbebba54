// The kernels, compiled once per instruction set, and the choice among them.
//
// One text (parts.hpp) is included in a namespace for each instruction
// set, under a target pragma; the vector size is all that differs. Standard templates stay out of
// these regions: the linker keeps one copy of them, which might be the one with instructions that
// the processor lacks. Lambdas call no inlined function of theirs: clang-cl reads templates at the
// end, where the pragma is over, and gives the target to the functions alone. Compilers without
// vector extensions have the plain template only.
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
#include "x86.hpp"

namespace sklearn_mlp {

namespace plain {
#define SIMD_BYTES 0
#include "parts.hpp"
#undef SIMD_BYTES
}  // namespace plain

// Vectors need Clang's and GCC's operators on them and this builtin, which Visual C++ lacks.
#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define SKLEARN_MLP_VECTORS 1
namespace baseline {
#define SIMD_BYTES 16
#include "parts.hpp"
#undef SIMD_BYTES
}  // namespace baseline
#endif
#endif

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

// What is compiled for is what is asked for: keep both lines of a set together.
SKLEARN_MLP_BEGIN_TARGET("avx2,fma,bmi,bmi2")
namespace v3 {
#define SIMD_BYTES 32
#include "parts.hpp"
#undef SIMD_BYTES
}  // namespace v3
SKLEARN_MLP_END_TARGET
inline bool has_v3(const X86 &cpu) { return cpu.avx2 && cpu.fma && cpu.bmi && cpu.bmi2; }

SKLEARN_MLP_BEGIN_TARGET("avx2,fma,bmi,bmi2,avx512f,avx512dq,avx512bw,avx512vl")
namespace v4 {
#define SIMD_BYTES 64
#include "parts.hpp"
#undef SIMD_BYTES
}  // namespace v4
SKLEARN_MLP_END_TARGET
inline bool has_v4(const X86 &cpu)
{
    return has_v3(cpu) && cpu.avx512f && cpu.avx512dq && cpu.avx512bw && cpu.avx512vl;
}
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
        return SKLEARN_MLP_SET(v4, has_v4(x86()));
    case 2:
        return SKLEARN_MLP_SET(v3, has_v3(x86()));
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
