// Vectors of 16 bytes, which every processor that is compiled for has. See dispatch.hpp.
#include "dispatch.hpp"

namespace sklearn_mlp {

#ifdef SKLEARN_MLP_VECTORS
namespace baseline {
#define SIMD_BYTES 16
#include "parts.hpp"
}  // namespace baseline

InstructionSet baseline_set() { return SKLEARN_MLP_SET(baseline, true); }
#else
InstructionSet baseline_set() { return SKLEARN_MLP_NO_SET; }
#endif

}  // namespace sklearn_mlp
