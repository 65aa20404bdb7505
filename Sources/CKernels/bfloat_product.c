// Products of packed bfloat16 operands with Float32 sums.
//
// Each element of c is one chain of additions from its first value on, the odd product of a pair before the even one
// (the order of VDPBF16PS). So it depends neither on blocking nor on which rows or columns are computed with it, and
// the portable path gives the same bits. Products of two bfloat16 are exact in Float32. The native path takes subnormal
// sums for zero.
#include "CKernels.h"
#include "bfloat.h"
#include <string.h>

// Pairs along k of a block: a panel of b of 32 KiB and one of a of 12 KiB stay in the first-level cache. Rows of a
// block: a block of a of 0.5 MiB stays in the second.
enum { BLOCK_PAIRS = 256, BLOCK_ROWS = 42 * ROWS };

// A few rows are too few sums in flight for one panel of b: up to so many take two panels at a time.
enum { FEW_ROWS = 6 };

typedef float lanes __attribute__((vector_size(64), aligned(4)));
typedef uint32_t pairs_lanes __attribute__((vector_size(64), aligned(4)));

int calm_bf16_available(void) {
#if HAS_NATIVE
    __builtin_cpu_init();
    return calm_width == ALL_EXTENSIONS && __builtin_cpu_supports("avx512bf16");
#else
    return 0;
#endif
}

#define EVEN(x) ((lanes)((x) << 16))
#define ODD(x) ((lanes)((x) & 0xffff0000u))

// Three rows of one panel of a times 16 columns of b.
INLINE void tile_portable(float *restrict sums, const uint32_t *restrict a, const uint32_t *restrict b, long pairs) {
#pragma clang fp reassociate(off)
    lanes s0 = *(const lanes *)sums, s1 = *(const lanes *)(sums + 16), s2 = *(const lanes *)(sums + 32);
    for (long p = 0; p < pairs; p++, a += ROWS, b += COLUMNS) {
        const pairs_lanes y = *(const pairs_lanes *)b;
        const pairs_lanes x0 = (pairs_lanes){0} + a[0], x1 = (pairs_lanes){0} + a[1], x2 = (pairs_lanes){0} + a[2];
        s0 += ODD(x0) * ODD(y);
        s1 += ODD(x1) * ODD(y);
        s2 += ODD(x2) * ODD(y);
        s0 += EVEN(x0) * EVEN(y);
        s1 += EVEN(x1) * EVEN(y);
        s2 += EVEN(x2) * EVEN(y);
    }
    *(lanes *)sums = s0;
    *(lanes *)(sums + 16) = s1;
    *(lanes *)(sums + 32) = s2;
}

STATIC_KERNEL(void, panel_portable,
              (float *c, long stride, const uint32_t *a, const uint32_t *b, long pairs, long rows, long columns,
               int accumulate),
              (c, stride, a, b, pairs, rows, columns, accumulate)) {
    for (long i = 0; i < rows; i += 3)
        for (long j = 0; j < columns; j += 16) {
            const long height = lesser(3, rows - i), width = lesser(16, columns - j);
            float sums[3 * 16] = {0};
            if (accumulate)
                for (long r = 0; r < height; r++)
                    memcpy(sums + 16 * r, c + (i + r) * stride + j, width * sizeof(float));
            tile_portable(sums, a + i, b + j, pairs);
            for (long r = 0; r < height; r++)
                memcpy(c + (i + r) * stride + j, sums + 16 * r, width * sizeof(float));
        }
}

#if HAS_NATIVE
// `rows` rows of one panel of a times `vectors` times 16 columns of b, the last of which has `last` columns; panels of b
// are `panel` words apart. Meanwhile the lines of c that are next are fetched.
NATIVE_INLINE void tile_native(float *c, long stride, const uint32_t *a, const uint32_t *b, long panel, long pairs,
                               int rows, int vectors, __mmask16 last, int accumulate) {
    const float *next = c + ROWS * stride;
    __m512 sums[ROWS][4];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            const __mmask16 mask = v == vectors - 1 ? last : 0xffff;
            sums[i][v] = accumulate ? _mm512_maskz_loadu_ps(mask, c + i * stride + 16 * v) : _mm512_setzero_ps();
            __builtin_prefetch(next + i * stride + 16 * v, 1, 3);
        }
    for (long p = 0; p < pairs; p++, a += ROWS, b += COLUMNS) {
        __m512bh y[4];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) y[v] = (__m512bh)_mm512_loadu_si512(b + v / 2 * panel + v % 2 * 16);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            const __m512bh x = (__m512bh)_mm512_set1_epi32((int)a[i]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[i][v] = _mm512_dpbf16_ps(sums[i][v], x, y[v]);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++)
            _mm512_mask_storeu_ps(c + i * stride + 16 * v, v == vectors - 1 ? last : 0xffff, sums[i][v]);
}

NATIVE static void panel_native(float *c, long stride, const uint32_t *a, const uint32_t *b, long panel, long pairs,
                                long rows, long columns, int accumulate) {
    const long vectors = panels_of(columns, 16);
    const __mmask16 last = first_lanes(columns - 16 * (vectors - 1));
#define TILE(R, V)                                                            \
    case 16 * R + V:                                                          \
        tile_native(c, stride, a, b, panel, pairs, R, V, last, accumulate);   \
        break;
#define MANY(R) TILE(R, 1) TILE(R, 2)
#define FEW(R) MANY(R) TILE(R, 3) TILE(R, 4)
    switch (16 * rows + vectors) {
        FEW(1) FEW(2) FEW(3) FEW(4) FEW(5) FEW(6) MANY(7) MANY(8) MANY(9) MANY(10) MANY(11) MANY(12)
    }
#undef FEW
#undef MANY
#undef TILE
}
#endif

// Rows [top, bottom) of c, from pairs [first, first + depth) of a and b.
INLINE void block(float *c, long stride, const uint32_t *a, const uint32_t *b, long n, long pairs, long top,
                  long bottom, long first, long depth, int accumulate, int native) {
    for (long j = 0; j < n; j += COLUMNS)
        for (long i = top; i < bottom; i += ROWS) {
            const uint32_t *x = a + i * pairs + first * ROWS, *y = b + j * pairs + first * COLUMNS;
            float *tile = c + i * stride + j;
            const long rows = lesser(ROWS, bottom - i), panels = native && rows <= FEW_ROWS ? 2 : 1;
            if (j / COLUMNS % panels) continue;
            const long columns = lesser(panels * COLUMNS, n - j);
#if HAS_NATIVE
            if (native) {
                panel_native(tile, stride, x, y, COLUMNS * pairs, depth, rows, columns, accumulate);
                continue;
            }
#endif
            panel_portable(tile, stride, x, y, depth, rows, columns, accumulate);
        }
}

void calm_bf16_multiply(float *c, long stride, const uint32_t *a, const uint32_t *b, long m, long n, long k,
                        int accumulate, int native) {
    const long pairs = pairs_of(k);
    if (pairs == 0 && !accumulate)
        for (long i = 0; i < m; i++) memset(c + i * stride, 0, n * sizeof(float));
    for (long top = 0; top < m; top += BLOCK_ROWS)
        for (long first = 0; first < pairs; first += BLOCK_PAIRS)
            block(c, stride, a, b, n, pairs, top, lesser(m, top + BLOCK_ROWS), first, lesser(BLOCK_PAIRS, pairs - first),
                  accumulate || first > 0, native && HAS_NATIVE);
}
