// Stored elements to Float32, bit for bit as the `gguf` package and ggml's reference do it: every product and every sum
// is rounded by itself, so neither contraction nor reassociation is allowed here.
//
// The block formats: 32 or 256 elements share half-precision scales; see https://github.com/ggml-org/ggml (ggml-common.h).
#include "CKernels.h"
#include "stored.h"

#pragma clang fp reassociate(off) contract(off)

enum { SMALL = 32, LARGE = 256 };

KERNEL(void, calm_from_float16, (float *y, const uint8_t *x, long n), (y, x, n)) {
    for (long i = 0; i < n; i++) y[i] = from_half(half_bits(x + 2 * i));
}

KERNEL(void, calm_from_bfloat16, (float *y, const uint8_t *x, long n), (y, x, n)) {
    for (long i = 0; i < n; i++) y[i] = float_of((uint32_t)half_bits(x + 2 * i) << 16);
}

KERNEL(void, calm_from_q8_0, (float *y, const uint8_t *x, long n), (y, x, n)) {
    for (long block = 0; block < n / SMALL; block++, x += 34, y += SMALL) {
        const float d = from_half(half_bits(x));
        for (int i = 0; i < SMALL; i++) y[i] = d * (float)(int8_t)x[2 + i];
    }
}

KERNEL(void, calm_from_q4_0, (float *y, const uint8_t *x, long n), (y, x, n)) {
    for (long block = 0; block < n / SMALL; block++, x += 18, y += SMALL) {
        const float d = from_half(half_bits(x));
        for (int i = 0; i < 16; i++) {
            y[i] = d * (float)((x[2 + i] & 15) - 8);
            y[16 + i] = d * (float)((x[2 + i] >> 4) - 8);
        }
    }
}

KERNEL(void, calm_from_q4_1, (float *y, const uint8_t *x, long n), (y, x, n)) {
    for (long block = 0; block < n / SMALL; block++, x += 20, y += SMALL) {
        const float d = from_half(half_bits(x)), m = from_half(half_bits(x + 2));
        for (int i = 0; i < 16; i++) {
            const float low = d * (float)(x[4 + i] & 15), high = d * (float)(x[4 + i] >> 4);
            y[i] = low + m;
            y[16 + i] = high + m;
        }
    }
}

KERNEL(void, calm_from_q5_0, (float *y, const uint8_t *x, long n), (y, x, n)) {
    for (long block = 0; block < n / SMALL; block++, x += 22, y += SMALL) {
        const float d = from_half(half_bits(x));
        const uint32_t fifth = word_bits(x + 2);
        for (int i = 0; i < 16; i++) {
            const int low = (x[6 + i] & 15) | (int)(fifth >> i & 1) << 4;
            const int high = x[6 + i] >> 4 | (int)(fifth >> (16 + i) & 1) << 4;
            y[i] = d * (float)(low - 16);
            y[16 + i] = d * (float)(high - 16);
        }
    }
}

KERNEL(void, calm_from_q5_1, (float *y, const uint8_t *x, long n), (y, x, n)) {
    for (long block = 0; block < n / SMALL; block++, x += 24, y += SMALL) {
        const float d = from_half(half_bits(x)), m = from_half(half_bits(x + 2));
        const uint32_t fifth = word_bits(x + 4);
        for (int i = 0; i < 16; i++) {
            const int low = (x[8 + i] & 15) | (int)(fifth >> i & 1) << 4;
            const int high = x[8 + i] >> 4 | (int)(fifth >> (16 + i) & 1) << 4;
            const float first = d * (float)low, second = d * (float)high;
            y[i] = first + m;
            y[16 + i] = second + m;
        }
    }
}

// The 6-bit scale and minimum of sub-block j of 8, packed in 12 bytes.
INLINE void scale_and_minimum(const uint8_t *s, int j, float *scale, float *minimum) {
    if (j < 4) {
        *scale = (float)(s[j] & 63);
        *minimum = (float)(s[j + 4] & 63);
    } else {
        *scale = (float)((s[j + 4] & 15) | s[j - 4] >> 6 << 4);
        *minimum = (float)(s[j + 4] >> 4 | s[j] >> 6 << 4);
    }
}

KERNEL(void, calm_from_q4_k, (float *y, const uint8_t *x, long n), (y, x, n)) {
    for (long block = 0; block < n / LARGE; block++, x += 144, y += LARGE) {
        const float d = from_half(half_bits(x)), least = from_half(half_bits(x + 2));
        for (int j = 0; j < 8; j++) {
            float scale, minimum;
            scale_and_minimum(x + 4, j, &scale, &minimum);
            const float step = d * scale, offset = least * minimum;
            const uint8_t *q = x + 16 + 32 * (j / 2);
            const int shift = j % 2 * 4;
            for (int i = 0; i < 32; i++) {
                const float product = step * (float)(q[i] >> shift & 15);
                y[32 * j + i] = product - offset;
            }
        }
    }
}

KERNEL(void, calm_from_q5_k, (float *y, const uint8_t *x, long n), (y, x, n)) {
    for (long block = 0; block < n / LARGE; block++, x += 176, y += LARGE) {
        const float d = from_half(half_bits(x)), least = from_half(half_bits(x + 2));
        for (int j = 0; j < 8; j++) {
            float scale, minimum;
            scale_and_minimum(x + 4, j, &scale, &minimum);
            const float step = d * scale, offset = least * minimum;
            const uint8_t *fifth = x + 16, *q = x + 48 + 32 * (j / 2);
            const int shift = j % 2 * 4;
            for (int i = 0; i < 32; i++) {
                const float product = step * (float)((q[i] >> shift & 15) | (fifth[i] >> j & 1) << 4);
                y[32 * j + i] = product - offset;
            }
        }
    }
}

KERNEL(void, calm_from_q6_k, (float *y, const uint8_t *x, long n), (y, x, n)) {
    for (long block = 0; block < n / LARGE; block++, x += 210, y += LARGE) {
        const uint8_t *scales = x + 192;
        const float d = from_half(half_bits(x + 208));
        // Eight runs of 32: half n = run / 4 of 128 elements, part k = run % 4 of it.
        for (int run = 0; run < 8; run++) {
            const int half = run / 4, k = run % 4;
            const uint8_t *low = x + 64 * half + 32 * (k % 2), *high = x + 128 + 32 * half;
            const int low_shift = k / 2 * 4, high_shift = 2 * k;
            for (int part = 0; part < 2; part++) {
                const float step = d * (float)(int8_t)scales[2 * run + part];
                for (int i = 16 * part; i < 16 * part + 16; i++) {
                    const int q = (low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4;
                    y[32 * run + i] = step * (float)(q - 32);
                }
            }
        }
    }
}
