// What packing and multiplying in bfloat16 share: the packed layout, and the attribute of native code.
#pragma once
#include "kernels.h"

// Operands are packed along k in pairs of bfloat16, the even one in the low half of 32 bits. A panel holds ROWS rows of
// a (COLUMNS columns of b): its pairs in order of k, each for all rows (columns), zero where there are none.
enum { ROWS = 12, COLUMNS = 32 };

INLINE long pairs_of(long k) { return (k + 1) / 2; }
INLINE long panels_of(long n, long size) { return (n + size - 1) / size; }
INLINE long lesser(long a, long b) { return a < b ? a : b; }

#if defined(__x86_64__) && defined(__linux__)
#define HAS_NATIVE 1
#include <immintrin.h>
#define NATIVE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))
#define NATIVE_INLINE NATIVE INLINE

NATIVE_INLINE __mmask16 first_lanes(long n) { return n >= 16 ? 0xffff : n <= 0 ? 0 : (__mmask16)((1u << n) - 1); }
#else
#define HAS_NATIVE 0
#endif
