// Activations as int8, with a scale for each run of 32: half a step of it is the most that an element is off by.
#include "int8.h"
#include <string.h>

long calm_int8_packed_row(long k) {
    return packed_row(k);
}

INLINE void pack_run(int8_t *values, float *scale, float *sum, float *short_sums, const float *x) {
    float top = 0, zero = 0;
    for (int i = 0; i < RUN; i++) {
        const float size = __builtin_fabsf(x[i]);
        top = size > top ? size : top;
        zero += x[i] * 0;
    }
    // Infinity and what isn't a number stay visible: in the scale. What is so small that its inverse overflows is zero.
    const float inverse = zero == 0 && top > 1e-35f ? 127 / top : 0;
    int total[2] = {0, 0};
    for (int half = 0; half < 2; half++)
        for (int i = SHORT_RUN * half; i < SHORT_RUN * half + SHORT_RUN; i++) {
            const float scaled = inverse == 0 ? 0 : x[i] * inverse;
            const int q = (int)(scaled + __builtin_copysignf(0.5f, scaled));
            values[i] = (int8_t)q;
            total[half] += q;
        }
    *scale = top / 127 + zero;
    *sum = *scale * (float)(total[0] + total[1]);
    for (int half = 0; half < 2; half++) short_sums[half] = *scale * (float)total[half];
}

KERNEL void calm_int8_pack(int8_t *to, const float *x, long rows, long k) {
    const long size = packed_row(k);
    for (long row = 0; row < rows; row++, to += size, x += k) {
        memset(to, 0, size);
        float *scales = (float *)scales_of(to, k), *sums = (float *)sums_of(to, k), *parts = (float *)short_sums_of(to, k);
        for (long run = 0; run < k / RUN; run++)
            pack_run(to + RUN * run, scales + run, sums + run, parts + 2 * run, x + RUN * run);
    }
}
