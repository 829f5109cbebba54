// The text that dispatch.hpp compiles once per instruction set; without an include guard for that.
#include "simd.hpp"
#include "layers.hpp"
#include "product.hpp"
#include "fused.hpp"
#include "blocked.hpp"
#include "decide.hpp"
#include "dense.hpp"
#include "sparse.hpp"
#include "entry.hpp"
#undef INLINE
#undef PREFETCH
