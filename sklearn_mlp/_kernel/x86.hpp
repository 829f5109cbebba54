// What an x86-64 processor can do and the operating system lets it.
//
// Read from the processor (Intel's Software Developer's Manual, volume 2, CPUID and XGETBV) and not
// by __builtin_cpu_supports: that needs Clang's run-time library, which clang-cl does not link.
// Once: a virtual machine takes some 20 us for the instruction.
#pragma once

#ifdef __x86_64__

#include <cpuid.h>

namespace sklearn_mlp {

struct X86 {
    bool fma = false, avx2 = false, bmi = false, bmi2 = false;
    bool avx512f = false, avx512dq = false, avx512bw = false, avx512vl = false;

    X86()
    {
        unsigned a, b, c, d;
        if (!__get_cpuid(1, &a, &b, &c, &d))
            return;
        const unsigned features = c;
        const auto has = [](unsigned bits, int bit) { return (bits >> bit & 1u) != 0; };
        // XGETBV exists, and the system saves the 32-byte (64-byte) vectors of a thread.
        unsigned saved = 0, high = 0;
        if (has(features, 27))
            __asm__ volatile(".byte 0x0f, 0x01, 0xd0" : "=a"(saved), "=d"(high) : "c"(0));
        const bool saves_32 = (saved & 0x06) == 0x06, saves_64 = (saved & 0xe6) == 0xe6;
        if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
            return;
        bmi = has(b, 3);
        bmi2 = has(b, 8);
        fma = saves_32 && has(features, 12);
        avx2 = saves_32 && has(b, 5);
        avx512f = saves_64 && has(b, 16);
        avx512dq = saves_64 && has(b, 17);
        avx512bw = saves_64 && has(b, 30);
        avx512vl = saves_64 && has(b, 31);
    }
};

inline const X86 &x86()
{
    static const X86 cpu;
    return cpu;
}

}  // namespace sklearn_mlp

#endif
