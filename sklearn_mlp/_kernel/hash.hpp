// The hash that gives rows a canonical order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "rows.hpp"

namespace sklearn_mlp {

// The finaliser of splitmix64 (Steele, Lea and Flood, 2014, https://doi.org/10.1145/2660193.2660195).
inline std::uint64_t mix(std::uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// One 64-bit hash per row: the sum of mix(column, value) over the values that are not zero.
// A sum, so that zeros may be stored or not. The bits of the value are those of its rounding to
// `Rounded`: with float, a float64 table and its float32 copy hash alike.
template <class Rounded>
void hash_rows(
    const Rows &rows,
    const std::ptrdiff_t *subset,  // IN  (n,) row numbers, or NULL for rows 0 to n - 1
    std::ptrdiff_t n,
    std::uint64_t *hashes)         // OUT (n,)
{
    with_rows(rows, [=](const auto &x) {
        for (std::ptrdiff_t i = 0; i < n; ++i) {
            std::uint64_t sum = 0;
            x.for_each(subset ? subset[i] : i, [&](std::ptrdiff_t column, auto value) {
                const Rounded rounded = static_cast<Rounded>(value);
                if (rounded == 0)  // also -0.0
                    return;
                std::uint64_t bits = 0;
                std::memcpy(&bits, &rounded, sizeof rounded);
                sum += mix(bits + 0x9E3779B97F4A7C15u * (static_cast<std::uint64_t>(column) + 1));
            });
            hashes[i] = sum;
        }
    });
}

}  // namespace sklearn_mlp
