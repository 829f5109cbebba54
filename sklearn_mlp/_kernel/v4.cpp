// AVX-512: vectors of 64 bytes. See dispatch.hpp.
#include "dispatch.hpp"
#include "x86.hpp"

#ifdef SKLEARN_MLP_X86
#include <immintrin.h>  // for the permutation in simd.hpp
#endif

namespace sklearn_mlp {

#ifdef SKLEARN_MLP_X86
// What is compiled for is what is asked for, at the end: keep both together.
SKLEARN_MLP_BEGIN_TARGET("avx2,fma,bmi,bmi2,avx512f,avx512dq,avx512bw,avx512vl")
namespace v4 {
#define SIMD_BYTES 64
#include "parts.hpp"
}  // namespace v4
SKLEARN_MLP_END_TARGET

InstructionSet v4_set()
{
    const X86 &cpu = x86();
    const bool available = cpu.avx2 && cpu.fma && cpu.bmi && cpu.bmi2
        && cpu.avx512f && cpu.avx512dq && cpu.avx512bw && cpu.avx512vl;
    return SKLEARN_MLP_SET(v4, available);
}
#else
InstructionSet v4_set() { return SKLEARN_MLP_NO_SET; }
#endif

}  // namespace sklearn_mlp
