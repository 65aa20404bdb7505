// Matrix products of bfloat16 operands with sums in fp32, for want of cblas_sbgemm in Debian's OpenBLAS.
//
// A word is two bfloat16 numbers that are neighbours along k: what one lane of vdpbf16ps takes. A is packed in panels of
// ROWS rows, [panel][k/2][ROWS]; B in panels of COLUMNS columns, [panel][k/2][COLUMNS]; both padded with zeros. A panel of B
// stays in the first-level cache while A streams past it. Sums run over k in a fixed order, so that a row's result doesn't
// depend on the other rows.
#include "CKernels.h"
#include "kernels.h"
#include <string.h>

enum { ROWS = 12, COLUMNS = 32, DEPTH = 256 };

INLINE long ceiling(long n, long unit) { return (n + unit - 1) / unit; }
INLINE long smaller(long a, long b) { return a < b ? a : b; }

long calm_bf16_words_a(long m, long k) { return ceiling(m, ROWS) * ROWS * ceiling(k, 2); }
long calm_bf16_words_b(long k, long n) { return ceiling(n, COLUMNS) * COLUMNS * ceiling(k, 2); }

// MARK: Portable

// To nearest, ties to even; a NaN stays one. Denormals become zero, as in the processor's own conversion.
INLINE uint32_t rounded(float x) {
    union {
        float value;
        uint32_t bits;
    } u = {x};
    const uint32_t magnitude = u.bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (u.bits >> 16) | 0x40;
    if (magnitude < 0x00800000u) return (u.bits >> 16) & 0x8000u;
    return (u.bits + 0x7fffu + ((u.bits >> 16) & 1)) >> 16;
}

INLINE float low(uint32_t word) {
    union {
        uint32_t bits;
        float value;
    } u = {word << 16};
    return u.value;
}

INLINE float high(uint32_t word) {
    union {
        uint32_t bits;
        float value;
    } u = {word & 0xffff0000u};
    return u.value;
}

// Panels of `width` along the first index of x(i, k), which is x[i * step + k * depth_step].
INLINE void pack_portable(uint32_t *to, const float *x, long count, long k, long step, long depth_step, long width) {
    for (long first = 0; first < count; first += width)
        for (long p = 0; p < k; p += 2)
            for (long i = first; i < first + width; i++) {
                const float *at = x + i * step + p * depth_step;
                *to++ = i >= count ? 0 : rounded(at[0]) | (p + 1 < k ? rounded(at[depth_step]) << 16 : 0);
            }
}

KERNEL static void multiply_portable(float *c, const uint32_t *a, const uint32_t *b, long m, long n, long k, int add) {
    const long pairs = ceiling(k, 2);
    for (long i = 0; i < m; i++) {
        const uint32_t *row = a + i / ROWS * ROWS * pairs + i % ROWS;
        for (long j = 0; j < n; j += COLUMNS) {
            const uint32_t *panel = b + j * pairs;
            float sum[COLUMNS] = {0};
            for (long p = 0; p < pairs; p++) {
                const float first = low(row[p * ROWS]), second = high(row[p * ROWS]);
                for (long x = 0; x < COLUMNS; x++) {
                    const uint32_t word = panel[p * COLUMNS + x];
                    sum[x] += first * low(word) + second * high(word);
                }
            }
            for (long x = 0; x < smaller(COLUMNS, n - j); x++) c[i * n + j + x] = (add ? c[i * n + j + x] : 0) + sum[x];
        }
    }
}

// MARK: AVX512-BF16

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#define NATIVE __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define NATIVE_INLINE static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

int calm_bf16_native(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

NATIVE_INLINE __mmask16 first_lanes(long n) { return n >= 16 ? 0xffff : n <= 0 ? 0 : (__mmask16)((1u << n) - 1); }

// 32 neighbours along k as 16 words.
NATIVE_INLINE __m512i words_along(const float *x, long left) {
    const __m512 a = _mm512_maskz_loadu_ps(first_lanes(left), x);
    const __m512 b = _mm512_maskz_loadu_ps(first_lanes(left - 16), x + 16);
    return (__m512i)_mm512_cvtne2ps_pbh(b, a);
}

NATIVE_INLINE void transpose(__m512i r[16]) {
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
        r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
    }
}

// `count` rows of x, whose k lies in memory order, into columns `offset`... of a panel that is `width` wide.
NATIVE_INLINE void pack_rows(uint32_t *to, const float *x, long stride, long count, long lanes, long k, long width) {
    const __mmask16 mask = first_lanes(lanes);
    for (long p = 0; p < ceiling(k, 2); p += 16) {
        __m512i r[16];
        for (long i = 0; i < 16; i++)
            r[i] = i < count ? words_along(x + i * stride + 2 * p, k - 2 * p) : _mm512_setzero_si512();
        transpose(r);
        const long rows = smaller(16, ceiling(k, 2) - p);
        for (long q = 0; q < rows; q++) _mm512_mask_storeu_epi32(to + (p + q) * width, mask, r[q]);
    }
}

// Columns of x, whose k is a row's number: up to 16 of them, `lanes` of a panel that is `width` wide.
NATIVE_INLINE void pack_columns(uint32_t *to, const float *x, long stride, long count, long lanes, long k, long width) {
    const __mmask16 load = first_lanes(count), store = first_lanes(lanes);
    const __m512i interleave = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22,
                                                6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    for (long p = 0; p < k; p += 2) {
        const __m512 a = _mm512_maskz_loadu_ps(load, x + p * stride);
        const __m512 b = p + 1 < k ? _mm512_maskz_loadu_ps(load, x + (p + 1) * stride) : _mm512_setzero_ps();
        const __m512i words = _mm512_permutexvar_epi16(interleave, (__m512i)_mm512_cvtne2ps_pbh(b, a));
        _mm512_mask_storeu_epi32(to + p / 2 * width, store, words);
    }
}

NATIVE static void pack_native(uint32_t *to, const float *x, long count, long k, long stride, int along, long width) {
    const long pairs = ceiling(k, 2);
    for (long first = 0; first < count; first += width) {
        uint32_t *panel = to + first * pairs;
        for (long i = 0; i < width; i += 16) {
            const long lanes = smaller(16, width - i), left = count - first - i, here = left < lanes ? left : lanes;
            if (along)
                pack_rows(panel + i, x + (first + i) * stride, stride, here, lanes, k, width);
            else
                pack_columns(panel + i, x + first + i, stride, here, lanes, k, width);
        }
    }
}

// Up to ROWS x COLUMNS of C from panels of `pairs` words; `rows` is a constant wherever this is inlined.
NATIVE_INLINE void tile(float *c, long stride, const uint32_t *a, const uint32_t *b, long pairs, const int rows,
                        long columns, int add) {
    __m512 sum[ROWS][2];
    for (int i = 0; i < rows; i++) sum[i][0] = sum[i][1] = _mm512_setzero_ps();
    for (long p = 0; p < pairs; p++) {
        const __m512bh left = (__m512bh)_mm512_loadu_si512(b + p * COLUMNS);
        const __m512bh right = (__m512bh)_mm512_loadu_si512(b + p * COLUMNS + 16);
        for (int i = 0; i < rows; i++) {
            const __m512bh x = (__m512bh)_mm512_set1_epi32((int)a[p * ROWS + i]);
            sum[i][0] = _mm512_dpbf16_ps(sum[i][0], x, left);
            sum[i][1] = _mm512_dpbf16_ps(sum[i][1], x, right);
        }
    }
    const __mmask16 one = first_lanes(columns), two = first_lanes(columns - 16);
    for (int i = 0; i < rows; i++) {
        float *row = c + i * stride;
        if (add) {
            sum[i][0] = _mm512_add_ps(sum[i][0], _mm512_maskz_loadu_ps(one, row));
            sum[i][1] = _mm512_add_ps(sum[i][1], _mm512_maskz_loadu_ps(two, row + 16));
        }
        _mm512_mask_storeu_ps(row, one, sum[i][0]);
        _mm512_mask_storeu_ps(row + 16, two, sum[i][1]);
    }
}

NATIVE static void multiply_native(float *c, const uint32_t *a, const uint32_t *b, long m, long n, long k, int add) {
    const long pairs = ceiling(k, 2);
    for (long p = 0; p < pairs; p += DEPTH) {
        const long depth = smaller(DEPTH, pairs - p);
        for (long j = 0; j < n; j += COLUMNS) {
            const uint32_t *panel = b + j * pairs + p * COLUMNS;
            for (long i = 0; i < m; i += ROWS) {
                float *at = c + i * n + j;
                const uint32_t *rows = a + i * pairs + p * ROWS;
                const int adds = add || p > 0;
#define TILE(R)                                                                                                        \
    case R:                                                                                                            \
        tile(at, n, rows, panel, depth, R, n - j, adds);                                                               \
        break;
                switch (smaller(ROWS, m - i)) {
                    TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
                }
#undef TILE
            }
        }
    }
}
#else
int calm_bf16_native(void) { return 0; }
#define pack_native(to, x, count, k, stride, along, width) ((void)0)
#define multiply_native(c, a, b, m, n, k, add) ((void)0)
#endif

// MARK: Entry points

INLINE void pack(uint32_t *to, const float *x, long count, long k, long stride, int along, long width, int native) {
    if (native)
        pack_native(to, x, count, k, stride, along, width);
    else if (along)
        pack_portable(to, x, count, k, stride, 1, width);
    else
        pack_portable(to, x, count, k, 1, stride, width);
}

void calm_bf16_pack_a(uint32_t *to, const float *a, long m, long k, int transposed, int native) {
    pack(to, a, m, k, transposed ? m : k, !transposed, ROWS, native);
}

void calm_bf16_pack_b(uint32_t *to, const float *b, long k, long n, int transposed, int native) {
    pack(to, b, n, k, transposed ? k : n, transposed, COLUMNS, native);
}

void calm_bf16_multiply(float *c, const uint32_t *a, const uint32_t *b, long m, long n, long k, int add, int native) {
    if (native)
        multiply_native(c, a, b, m, n, k, add);
    else
        multiply_portable(c, a, b, m, n, k, add);
}
