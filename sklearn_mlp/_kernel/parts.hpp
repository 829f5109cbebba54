// The text that kernel.hpp compiles once per instruction set; without an include guard for that.
#include "simd.hpp"
#include "layers.hpp"
#include "dense.hpp"
#include "sparse.hpp"
#include "entry.hpp"
#undef INLINE
#undef INLINE_LAMBDA
#undef PREFETCH
