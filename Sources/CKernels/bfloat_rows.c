// Products of bfloat16 weights, as they are stored, with rows of activations that were rounded to bfloat16, by the processor's own
// products (AVX512-BF16). Weights stay as they are stored: each is read once for some rows of activations.
//
// A sum has its lanes in a fixed order: it depends on its row of weights and its row of activations alone.
#include "CKernels.h"
#include "bfloat.h"
#include "lane_sums.h"
#include <string.h>

// Elements of a step; rows of weights and rows of activations that are worked on together, whose sums are one transposition.
enum { STEP = 32, HIGH = 4, MOST = 4 };

long calm_bf16_row(long k) { return (k + STEP - 1) / STEP * STEP; }

#if HAS_NATIVE
NATIVE void calm_bf16_round(uint16_t *to, const float *x, long rows, long k) {
    for (long row = 0; row < rows; row++, to += calm_bf16_row(k), x += k)
        for (long i = 0; i < calm_bf16_row(k); i += 16) {
            const __m256bh some = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(first_lanes(k - i), x + i));
            _mm256_storeu_si256((__m256i *)(to + i), (__m256i)some);
        }
}

NATIVE_INLINE __m512bh step_at(const uint16_t *p, __mmask32 mask) { return (__m512bh)_mm512_maskz_loadu_epi16(mask, p); }

// `rows` rows of weights times `count` rows of activations. Meanwhile `fetches` rows of weights from `next` on are asked for: not
// more, since the processor holds few requests.
NATIVE_INLINE void block(float *y, long y_stride, const uint16_t *w, const uint16_t *x, const int rows, const int count,
                         long k, int accumulate, const uint16_t *next, const int fetches) {
    const long x_size = calm_bf16_row(k), whole = k / STEP * STEP;
    __m512 sums[HIGH * MOST];
#pragma clang loop unroll(full)
    for (int i = 0; i < HIGH * MOST; i++) sums[i] = _mm512_setzero_ps();
    for (long c = 0; c < whole; c += STEP) {
        __m512bh some[HIGH];
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            if (r < fetches) __builtin_prefetch(next + r * k + c);
            some[r] = (__m512bh)_mm512_loadu_si512(w + r * k + c);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) {
            const __m512bh values = (__m512bh)_mm512_loadu_si512(x + i * x_size + c);
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++)
                sums[i * HIGH + r] = _mm512_dpbf16_ps(sums[i * HIGH + r], some[r], values);
        }
    }
    if (whole < k) {
        const __mmask32 rest = ((__mmask32)1 << (k - whole)) - 1;
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++)
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++)
                sums[i * HIGH + r] = _mm512_dpbf16_ps(
                    sums[i * HIGH + r], step_at(w + r * k + whole, rest), step_at(x + i * x_size + whole, rest));
    }
    float totals[LANES];
    store_sums(totals, (const lanes *)sums);
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++)
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            float *to = y + i * y_stride + r;
            *to = accumulate ? *to + totals[i * HIGH + r] : totals[i * HIGH + r];
        }
}

NATIVE_INLINE void some_rows(float *y, long y_stride, const uint16_t *w, const uint16_t *x, const int rows, long m, long k,
                             int accumulate) {
    const long size = calm_bf16_row(k);
    // The next rows of weights come in the course of these: one with each four rows of activations, two if there are few of those.
    const uint16_t *next = w + HIGH * k, *end = next + HIGH * k;
    long i = 0;
    for (; i + MOST <= m; i += MOST) {
        if (next >= end) {
            block(y + i * y_stride, y_stride, w, x + i * size, rows, MOST, k, accumulate, next, 0);
        } else if (m >= HIGH * MOST) {
            block(y + i * y_stride, y_stride, w, x + i * size, rows, MOST, k, accumulate, next, 1);
            next += k;
        } else {
            block(y + i * y_stride, y_stride, w, x + i * size, rows, MOST, k, accumulate, next, 2);
            next += 2 * k;
        }
    }
    for (; i < m; i++) block(y + i * y_stride, y_stride, w, x + i * size, rows, 1, k, accumulate, next, 0);
}

NATIVE void calm_bf16_rows(float *y, long y_stride, const uint8_t *stored, const uint16_t *x, long m, long n, long k,
                           int accumulate) {
    const uint16_t *w = (const uint16_t *)stored;
    long j = 0;
    for (; j + HIGH <= n; j += HIGH) some_rows(y + j, y_stride, w + j * k, x, HIGH, m, k, accumulate);
    for (; j < n; j++) some_rows(y + j, y_stride, w + j * k, x, 1, m, k, accumulate);
}
#else
void calm_bf16_round(uint16_t *to, const float *x, long rows, long k) {
    (void)to, (void)x, (void)rows, (void)k;
    __builtin_trap();
}
void calm_bf16_rows(float *y, long y_stride, const uint8_t *stored, const uint16_t *x, long m, long n, long k,
                    int accumulate) {
    (void)y, (void)y_stride, (void)stored, (void)x, (void)m, (void)n, (void)k, (void)accumulate;
    __builtin_trap();
}
#endif
