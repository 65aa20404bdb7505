// Activations as int8, with a scale for each run of 32: half a step of it is the most that an element is off by.
#include "int8.h"
#include <string.h>

long calm_int8_packed_row(long k) {
    return packed_row(k);
}

typedef int32_t words __attribute__((vector_size(LANES * 4)));
typedef int8_t bytes __attribute__((vector_size(LANES), aligned(1)));

// A run is two vectors, each of which is a short run.
INLINE void pack_run(int8_t *values, int8_t *halves, float *scale, float *sum, float *short_sums, const float *x) {
    const lanes first = LOAD(x), second = LOAD(x + LANES);
    // As integers, magnitudes have the same order, with infinity and what isn't a number behind all others.
    const words sizes = __builtin_elementwise_max((words)first & 0x7fffffff, (words)second & 0x7fffffff);
    const int32_t greatest = __builtin_reduce_max(sizes);
    const int isFinite = greatest < 0x7f800000;
    const float top = float_of((uint32_t)greatest);
    // What is so small that its inverse overflows is zero.
    const float inverse = isFinite && top > 1e-35f ? 127 / top : 0;
    *scale = isFinite ? top / 127 : __builtin_nanf("");
    float total = 0;
    for (int half = 0; half < 2; half++) {
        const lanes scaled = isFinite ? (half == 0 ? first : second) * inverse : (lanes){0};
        const lanes rounded = scaled + __builtin_elementwise_copysign((lanes){0} + 0.5f, scaled);
        const words q = __builtin_convertvector(rounded, words);
        *(bytes *)(values + SHORT_RUN * half) = __builtin_convertvector(q, bytes);
        if (halves) *(bytes *)(halves + STEP * half) = __builtin_convertvector(q, bytes);
        const float sum = (float)__builtin_reduce_add(q);
        short_sums[half] = *scale * sum;
        total += sum;
    }
    *sum = *scale * total;
}

KERNEL(void, calm_int8_pack, (int8_t *to, const float *x, long rows, long k), (to, x, rows, k)) {
    const long size = packed_row(k);
    for (long row = 0; row < rows; row++, to += size, x += k) {
        memset(to, 0, size);
        float *scales = (float *)scales_of(to, k), *sums = (float *)sums_of(to, k), *parts = (float *)short_sums_of(to, k);
        int8_t *halves = (int8_t *)halves_of(to, k);
        for (long run = 0; run < k / RUN; run++) {
            const long group = run / 4 * FOUR_RUNS;
            pack_run(to + RUN * run, group + FOUR_RUNS <= k ? halves + group + run % 4 * SHORT_RUN : 0, scales + run,
                     sums + run, parts + 2 * run, x + RUN * run);
        }
    }
}
