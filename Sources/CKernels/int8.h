// What the files about products in int8 share: how a packed row of activations and a block of weights are laid out.
#pragma once
#include "CKernels.h"
#include "stored.h"

// Elements with one scale, those with one scale of Q6_K's, those of a step of the products, and those of a step of four runs.
enum { RUN = 32, SHORT_RUN = 16, STEP = 64, FOUR_RUNS = 128 };

INLINE long rounded_up(long n, long to) { return (n + to - 1) / to * to; }

// A packed row: int8 values, padded with zeros to whole steps; those of each whole four runs again, the first half of each run
// before the second halves; then as Float32, padded with zeros to whole vectors, a scale for each run, and the sums of the
// values times their scale, for each run and for each short run.
INLINE long run_count(long k) { return rounded_up(k / RUN, LANES); }
INLINE long short_run_count(long k) { return rounded_up(k / SHORT_RUN, LANES); }
INLINE long value_bytes(long k) { return rounded_up(k, STEP) + k / FOUR_RUNS * FOUR_RUNS; }
INLINE long packed_row(long k) { return value_bytes(k) + 4 * (2 * run_count(k) + short_run_count(k)); }
INLINE const int8_t *halves_of(const int8_t *row, long k) { return row + rounded_up(k, STEP); }
INLINE const float *scales_of(const int8_t *row, long k) { return (const float *)(row + value_bytes(k)); }
INLINE const float *sums_of(const int8_t *row, long k) { return scales_of(row, k) + run_count(k); }
INLINE const float *short_sums_of(const int8_t *row, long k) { return sums_of(row, k) + run_count(k); }

enum {
    Q8_0 = CALM_Q8_0,
    Q4_0 = CALM_Q4_0,
    Q4_1 = CALM_Q4_1,
    Q5_0 = CALM_Q5_0,
    Q5_1 = CALM_Q5_1,
    Q4_K = CALM_Q4_K,
    Q5_K = CALM_Q5_K,
    Q6_K = CALM_Q6_K
};

INLINE int block_elements(int type) { return type >= Q4_K ? 256 : 32; }
// Whether a block is one run, with its elements' low bits as in Q4_0: two a byte, the first half of the run in the low four bits.
INLINE int has_nibbles(int type) { return type >= Q4_0 && type <= Q5_1; }
INLINE int block_bytes(int type) {
    const int sizes[] = {34, 18, 20, 22, 24, 144, 176, 210};
    return sizes[type];
}

// Eight scales, then eight minima, of 6 bits each, from 12 bytes.
INLINE void scales_and_minima(uint8_t *parts, const uint8_t *packed) {
    uint32_t words[3], result[4];
    memcpy(words, packed, 12);
    result[0] = words[0] & 0x3f3f3f3f;
    result[1] = (words[2] & 0x0f0f0f0f) | (words[0] >> 6 & 0x03030303) << 4;
    result[2] = words[1] & 0x3f3f3f3f;
    result[3] = (words[2] >> 4 & 0x0f0f0f0f) | (words[1] >> 6 & 0x03030303) << 4;
    memcpy(parts, result, 16);
}

// Something for each type.
#define EACH_TYPE(M) M(Q8_0) M(Q4_0) M(Q4_1) M(Q5_0) M(Q5_1) M(Q4_K) M(Q5_K) M(Q6_K)
