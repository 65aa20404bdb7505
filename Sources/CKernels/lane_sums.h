// The sums over the lanes of several vectors at once.
#pragma once
#include "kernels.h"

// Sums of neighbouring blocks of S lanes: of a's into every other block, of b's into those between.
#define FOLD(a, b, first, second) (__builtin_shufflevector(a, b, first) + __builtin_shufflevector(a, b, second))
#define FOLD8(a, b) FOLD(a, b, BLOCKS_8(0), BLOCKS_8(8))
#define FOLD4(a, b) FOLD(a, b, BLOCKS_4(0), BLOCKS_4(4))
#define FOLD2(a, b) FOLD(a, b, BLOCKS_2(0), BLOCKS_2(2))
#define FOLD1(a, b) FOLD(a, b, BLOCKS_1(0), BLOCKS_1(1))
#define RUN_2(n) n, n + 1
#define RUN_4(n) RUN_2(n), RUN_2(n + 2)
#define RUN_8(n) RUN_4(n), RUN_4(n + 4)
#define BLOCKS_8(n) RUN_8(n), RUN_8(n + 16)
#define BLOCKS_4(n) RUN_4(n), RUN_4(n + 16), RUN_4(n + 8), RUN_4(n + 24)
#define BLOCKS_2(n)                                                                                                    \
    RUN_2(n), RUN_2(n + 16), RUN_2(n + 4), RUN_2(n + 20), RUN_2(n + 8), RUN_2(n + 24), RUN_2(n + 12), RUN_2(n + 28)
#define BLOCKS_1(n)                                                                                                    \
    n, n + 16, n + 2, n + 18, n + 4, n + 20, n + 6, n + 22, n + 8, n + 24, n + 10, n + 26, n + 12, n + 28, n + 14, n + 30

// The sixteen sums over the lanes of sixteen vectors, in order: a tree of shuffles instead of sixteen sums one by one.
INLINE void store_sums(float *to, const lanes x[LANES]) {
    lanes y[8], z[4];
    for (int i = 0; i < 4; i++) {
        y[i] = FOLD8(x[i], x[i + 8]);
        y[i + 4] = FOLD8(x[i + 4], x[i + 12]);
    }
    for (int i = 0; i < 4; i++) z[i] = FOLD4(y[i], y[i + 4]);
    const lanes even = FOLD2(z[0], z[2]), odd = FOLD2(z[1], z[3]);
    STORE(to, FOLD1(even, odd));
}
