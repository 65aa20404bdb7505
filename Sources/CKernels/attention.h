// What the files about attention share: how a row of scores becomes probabilities, and which keys a query sees.
#pragma once
#include "CKernels.h"
#include "kernels.h"

// Queries, and in decoding heads, that are worked on at once.
enum { BLOCK = 4, HEADS = 8 };

INLINE long padded(long n) { return (n + LANES - 1) / LANES * LANES; }
INLINE long smaller(long a, long b) { return a < b ? a : b; }

// Of n scores, scaled and then capped to cap * tanh(score / cap).
INLINE void cap_scores(float *restrict row, long n, float scale, float cap) {
    for (long k = 0; k < n; k++) row[k] = cap * calm_tanh(row[k] * scale / cap);
}

// Softmax over [hidden, visible) of a row of `columns` (a multiple of LANES) scores; exactly zero elsewhere.
INLINE void softmax(float *restrict row, long hidden, long visible, long columns, float scale, float cap) {
    if (cap > 0) {
        cap_scores(row, columns, scale, cap);
        scale = 1;
    }
    for (long k = 0; k < hidden; k++) row[k] = -3.0e38f;
    for (long k = visible; k < columns; k++) row[k] = -3.0e38f;
    const float top = greatest(row, columns);
    float sum = 0;
    for (long k = 0; k < columns; k++) {
        const float e = calm_exp((row[k] - top) * scale);
        row[k] = k < visible ? e : 0.0f;
        sum += row[k];
    }
    for (long k = 0; k < hidden; k++) row[k] = 0;
    const float share = 1.0f / sum;
    for (long k = 0; k < columns; k++) row[k] *= share;
}

// Keys before the window of a query that sees `visible` keys: the last `window` of them count, all if it is 0.
INLINE long hidden_keys(const struct calm_attention *s, long visible) {
    return s->window > 0 && visible > s->window ? visible - s->window : 0;
}
