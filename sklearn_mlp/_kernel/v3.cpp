// AVX2: vectors of 32 bytes. See dispatch.hpp.
#include "dispatch.hpp"
#include "x86.hpp"

namespace sklearn_mlp {

#ifdef SKLEARN_MLP_X86
// What is compiled for is what is asked for, at the end: keep both together.
SKLEARN_MLP_BEGIN_TARGET("avx2,fma,bmi,bmi2")
namespace v3 {
#define SIMD_BYTES 32
#include "parts.hpp"
}  // namespace v3
SKLEARN_MLP_END_TARGET

InstructionSet v3_set()
{
    const X86 &cpu = x86();
    return SKLEARN_MLP_SET(v3, cpu.avx2 && cpu.fma && cpu.bmi && cpu.bmi2);
}
#else
InstructionSet v3_set() { return SKLEARN_MLP_NO_SET; }
#endif

}  // namespace sklearn_mlp
