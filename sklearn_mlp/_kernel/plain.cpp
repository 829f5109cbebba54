// The plain template: values one by one, for any compiler. See dispatch.hpp.
#include "dispatch.hpp"

namespace sklearn_mlp {

namespace plain {
#define SIMD_BYTES 0
#include "parts.hpp"
}  // namespace plain

InstructionSet plain_set() { return SKLEARN_MLP_SET(plain, true); }

}  // namespace sklearn_mlp
