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

// Which keys one query sees: [hidden, visible) without [hole, hole_end).
struct sight {
    long hidden, visible, hole, hole_end;
};

INLINE struct sight sight_of(const struct calm_attention *s, long query) {
    struct sight sight = {0, s->visible[query], 0, 0};
    if (s->holes) {
        sight.hole = s->holes[2 * query];
        sight.hole_end = s->holes[2 * query + 1];
    }
    const long seen = sight.visible - (sight.hole_end - sight.hole);
    if (s->window > 0 && seen > s->window) {
        // The window counts what is seen.
        sight.hidden = seen - s->window;
        if (sight.hidden >= sight.hole) sight.hidden += sight.hole_end - sight.hole;
    }
    return sight;
}

// Softmax over what a query sees of a row of scores, which has the keys [first, first + columns), both multiples of LANES;
// exactly zero elsewhere.
INLINE void softmax(float *restrict row, struct sight sight, long first, long columns, float scale, float cap) {
    const long hidden = sight.hidden - first, visible = sight.visible - first;
    const long hole = sight.hole > first ? sight.hole - first : 0, hole_end = sight.hole_end - first;
    if (cap > 0) {
        cap_scores(row, columns, scale, cap);
        scale = 1;
    }
    for (long k = 0; k < hidden; k++) row[k] = -3.0e38f;
    for (long k = hole; k < hole_end; k++) row[k] = -3.0e38f;
    for (long k = visible; k < columns; k++) row[k] = -3.0e38f;
    const float top = greatest(row, columns);
    float sum = 0;
    for (long k = 0; k < columns; k++) {
        const float e = calm_exp((row[k] - top) * scale);
        row[k] = k < visible ? e : 0.0f;
        sum += row[k];
    }
    for (long k = 0; k < hidden; k++) row[k] = 0;
    for (long k = hole; k < hole_end; k++) row[k] = 0;
    const float share = 1.0f / sum;
    for (long k = 0; k < columns; k++) row[k] *= share;
}
