// The instruction sets that the kernels are compiled for, and the choice among them.
//
// One text (parts.hpp) is included in a namespace for each instruction set, under a target pragma;
// the vector size is all that differs, but for one exponential function. Each has a file of its own
// (plain.cpp to v4.cpp), so that compilers work on them side by side. Standard templates stay out of
// these regions: the linker keeps one copy of them, which might be the one with instructions that
// the processor lacks. Lambdas call no inlined function of theirs: clang-cl reads templates at the
// end, where the pragma is over, and gives the target to the functions alone. Compilers without
// vector extensions have the plain template only.
//
// Nothing here allocates, locks, prints or knows Python: the caller owns every buffer.
#pragma once

// All that parts.hpp needs, outside of its namespaces.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "network.hpp"
#include "portability.hpp"
#include "rows.hpp"

namespace sklearn_mlp {

struct InstructionSet {
    const char *name;
    bool available;
    std::ptrdiff_t double_lanes, float_lanes;
    void (*train)(const Rows &, const Network &, const Visits &, Tally &);
    void (*decide)(
        const Rows &, const Network &, const std::ptrdiff_t *subset, std::ptrdiff_t first,
        std::ptrdiff_t n, void *logits, std::ptrdiff_t stride);
    // In the dual, see dual.hpp; of blocks of n dense rows.
    void (*train_in_dual)(const Rows &, const Dual &, const Network &, const Visits &, Tally &);
    void (*begin_dual)(
        const Rows &, std::ptrdiff_t n, const Dual &, const Network &, std::ptrdiff_t from);
    void (*end_dual)(
        const Rows &, std::ptrdiff_t n, const Dual &, const Network &, std::ptrdiff_t from);
    void (*gram_block)(
        const Rows &, std::ptrdiff_t n_x, const Rows &, std::ptrdiff_t n_y, void *gram,
        std::ptrdiff_t n_rows, std::ptrdiff_t t_0, std::ptrdiff_t s_0);
};

// What the functions of an instruction set, once included in the namespace `name`, are.
#define SKLEARN_MLP_SET(name, available) \
    {#name, available, name::lanes<double>(), name::lanes<float>(), &name::train, &name::decide, \
     &name::train_in_dual, &name::begin_dual, &name::end_dual, &name::gram_block}
#define SKLEARN_MLP_NO_SET {"", false, 1, 1, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr}

// Each defined in the file of its name; not available if the compiler or the processor lacks it.
InstructionSet plain_set();
InstructionSet baseline_set();
InstructionSet v3_set();
InstructionSet v4_set();

constexpr int n_instruction_sets = 4;

// From the plainest to the widest.
inline InstructionSet instruction_set_of(int number)
{
    switch (number) {
    case 3: return v4_set();
    case 2: return v3_set();
    case 1: return baseline_set();
    case 0: return plain_set();
    default: return SKLEARN_MLP_NO_SET;
    }
}

}  // namespace sklearn_mlp
