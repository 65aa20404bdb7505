// Products of weights stored as Float32, half precision or bfloat16 with a few rows of activations, in Float32: each weight is
// read once, in the form that it has.
//
// A sum has its lanes in a fixed order: it depends on its row of weights and its row of activations alone.
#include "CKernels.h"
#include "stored.h"

// Rows of weights and rows of activations that are worked on together; bytes of weights that are asked for ahead.
enum { HIGH = 4, MOST = 4, AHEAD = 512, PAGE = 4096 };

typedef uint16_t halves __attribute__((vector_size(LANES * 2), aligned(1)));
typedef uint32_t words __attribute__((vector_size(LANES * 4)));
typedef int32_t signed_words __attribute__((vector_size(LANES * 4)));

INLINE int element_bytes(int type) { return type == CALM_F32 ? 4 : 2; }

INLINE void weights_at(lanes *result, int type, const uint8_t *w) {
    if (type == CALM_F32) {
        typedef float unaligned __attribute__((vector_size(LANES * 4), aligned(1)));
        *result = *(const unaligned *)w;
        return;
    }
    const words wide = __builtin_convertvector(*(const halves *)w, words);
    if (type == CALM_BF16) {
        *result = (lanes)(wide << 16);
        return;
    }
    // A half's exponent is off by 112, but for infinity and what isn't a number, whose exponent becomes the greatest; a
    // comparison is all ones where it holds.
    const words rest = wide & 0x7fff;
    const lanes scaled = (lanes)(rest << 13) * 0x1p112f;
    *result = (lanes)((words)scaled | ((words)((signed_words)rest >= 0x7c00) & 0x7f800000) | (wide & 0x8000) << 16);
}

// The asked-for lines reach the processor while it works; it doesn't know by itself where the next page lies.
INLINE void fetch(const uint8_t *w) {
    if ((uintptr_t)w % PAGE < 64) __builtin_prefetch(w + PAGE + 512);
    __builtin_prefetch(w + AHEAD);
}

INLINE void block(int type, float *y, long y_stride, const uint8_t *w, long w_size, const int rows, const float *x,
                  const int count, long k, int accumulate) {
    lanes sums[HIGH][MOST];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) sums[r][i] = (lanes){0};
    const int size = element_bytes(type);
    const long whole = k / LANES * LANES;
    for (long c = 0; c < whole; c += LANES) {
        lanes values[MOST];
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) values[i] = LOAD(x + i * k + c);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const uint8_t *at = w + r * w_size + c * size;
            if (size == 4 || c % (2 * LANES) == 0) fetch(at);
            lanes weight;
            weights_at(&weight, type, at);
#pragma clang loop unroll(full)
            for (int i = 0; i < count; i++) sums[r][i] += weight * values[i];
        }
    }
    for (int r = 0; whole < k && r < rows; r++) {
        // What there isn't of the last vector is zero.
        uint8_t last[LANES * 4] = {0};
        memcpy(last, w + r * w_size + whole * size, (k - whole) * size);
        lanes weight;
        weights_at(&weight, type, last);
        for (int i = 0; i < count; i++) {
            float rest[LANES] = {0};
            memcpy(rest, x + i * k + whole, (k - whole) * 4);
            sums[r][i] += weight * LOAD(rest);
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) {
            float parts[LANES], sum = 0;
            STORE(parts, sums[r][i]);
            for (int half = LANES / 2; half > 0; half /= 2)
                for (int l = 0; l < half; l++) parts[l] += parts[l + half];
            sum = parts[0];
            float *to = y + i * y_stride + r;
            *to = accumulate ? *to + sum : sum;
        }
}

INLINE void some_rows(int type, float *y, long y_stride, const uint8_t *w, long w_size, const int rows, const float *x,
                      long m, long k, int accumulate) {
    long i = 0;
    for (; i + MOST <= m; i += MOST)
        block(type, y + i * y_stride, y_stride, w, w_size, rows, x + i * k, MOST, k, accumulate);
    for (; i + 2 <= m; i += 2) block(type, y + i * y_stride, y_stride, w, w_size, rows, x + i * k, 2, k, accumulate);
    if (i < m) block(type, y + i * y_stride, y_stride, w, w_size, rows, x + i * k, 1, k, accumulate);
}

INLINE void all_rows(int type, float *y, long y_stride, const uint8_t *w, const float *x, long m, long n, long k,
                     int accumulate) {
    const long size = k * element_bytes(type);
    long j = 0;
    // With one row of activations memory is the limit, and one row of weights after the other is what it gives the fastest.
    if (m > 1)
        for (; j + HIGH <= n; j += HIGH) some_rows(type, y + j, y_stride, w + j * size, size, HIGH, x, m, k, accumulate);
    for (; j < n; j++) some_rows(type, y + j, y_stride, w + j * size, size, 1, x, m, k, accumulate);
}

KERNEL(void, calm_stored_rows,
       (float *y, long y_stride, const uint8_t *w, int type, const float *x, long m, long n, long k, int accumulate),
       (y, y_stride, w, type, x, m, n, k, accumulate)) {
    if (type == CALM_F32)
        all_rows(CALM_F32, y, y_stride, w, x, m, n, k, accumulate);
    else if (type == CALM_F16)
        all_rows(CALM_F16, y, y_stride, w, x, m, n, k, accumulate);
    else
        all_rows(CALM_BF16, y, y_stride, w, x, m, n, k, accumulate);
}
