// Multi-head attention for small heads and short sequences, where a matrix product per head would be all overhead.
//
// Each (sequence, head) is packed into scratch: rows padded to whole vectors of 16, keys (backward: values) transposed so
// that scores are computed 16 keys at a time. Queries go four at a time, so that a loaded vector is used four times and
// eight sums are in flight. Padding is zero and contributes exactly nothing.
#include "attention.h"
#include "lane_sums.h"
#include <string.h>

// Rows of the cache that are asked for ahead.
enum { AHEAD = 32 };

#define KV float
#define KV_LOAD LOAD
#define NAME(WHAT) WHAT
#include "attention_single.h"
#undef KV
#undef KV_LOAD
#undef NAME

// Halves are converted by the processor: AVX-512 and F16C, or NEON.
#if defined(__x86_64__)
#define HALVES __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c")))
#else
#define HALVES
#endif
typedef _Float16 half_lanes __attribute__((vector_size(LANES * 2), aligned(2)));
#define KV _Float16
#define KV_LOAD(p) __builtin_convertvector(*(const half_lanes *)(p), lanes)
#define NAME(WHAT) WHAT##_halves
#include "attention_single.h"
#undef KV
#undef KV_LOAD
#undef NAME

HALVES int calm_to_halves(void *to, const float *x, long n) {
    // The greatest that rounds to a finite half; what is no number isn't greater.
    const float most = 65519.996f;
    _Float16 *y = to;
    lanes tops = {0};
    int fits = 1;
    long i = 0;
    for (; i + LANES <= n; i += LANES) {
        const lanes some = LOAD(x + i);
        tops = __builtin_elementwise_max(tops, __builtin_elementwise_abs(some));
        *(half_lanes *)(y + i) = __builtin_convertvector(some, half_lanes);
    }
    for (; i < n; i++) {
        y[i] = (_Float16)x[i];
        if (__builtin_fabsf(x[i]) > most) fits = 0;
    }
    for (int l = 0; l < LANES; l++)
        if (tops[l] > most) fits = 0;
    return fits;
}

long calm_attention_padded(long keys) { return padded(keys); }

long calm_attention_forward_scratch(long queries, long keys, long width) {
    const long q = queries + BLOCK, k = padded(keys) + BLOCK, w = padded(width);
    // queries; transposed keys and values; one block of results; the scores of as many rows as are ever computed at once
    return q * w + 2 * k * w + BLOCK * w + HEADS * k;
}

long calm_attention_backward_scratch(long queries, long keys, long width) {
    const long q = queries + BLOCK, k = padded(keys) + BLOCK, w = padded(width);
    // queries, output gradients, query results; keys, values, transposed; key and value results; two score matrices
    return 3 * q * w + 5 * k * w + 2 * q * k;
}

// rows x width from a strided source to rows x padded width, plus BLOCK zero rows.
INLINE void pack(float *restrict to, const float *restrict from, long stride, long rows, long width) {
    const long w = padded(width);
    if (width == w) {
        for (long r = 0; r < rows; r++)
            for (long c = 0; c < w; c += LANES) STORE(to + r * w + c, LOAD(from + r * stride + c));
    } else {
        for (long r = 0; r < rows; r++) {
            for (long c = 0; c < width; c++) to[r * w + c] = from[r * stride + c];
            for (long c = width; c < w; c++) to[r * w + c] = 0;
        }
    }
    memset(to + rows * w, 0, BLOCK * w * sizeof(float));
}

// The same from halves; a function of its own, as other processors can't have it in line.
HALVES static void pack_halves(float *restrict to, const _Float16 *restrict from, long stride, long rows, long width) {
    const long w = padded(width);
    for (long r = 0; r < rows; r++, to += w, from += stride) {
        long c = 0;
        for (; c + LANES <= width; c += LANES) STORE(to + c, __builtin_convertvector(*(const half_lanes *)(from + c), lanes));
        for (; c < w; c++) to[c] = c < width ? (float)from[c] : 0;
    }
    memset(to, 0, BLOCK * w * sizeof(float));
}

// rows x width from a strided source to width x padded rows.
INLINE void pack_transposed(float *restrict to, const float *restrict from, long stride, long rows, long width) {
    const long p = padded(rows);
    for (long r = 0; r < rows; r++)
        for (long c = 0; c < width; c++) to[c * p + r] = from[r * stride + c];
    for (long c = 0; c < width; c++)
        for (long r = rows; r < p; r++) to[c * p + r] = 0;
}

INLINE void add_back(float *restrict to, long stride, const float *restrict from, long rows, long width) {
    const long w = padded(width);
    for (long r = 0; r < rows; r++)
        for (long c = 0; c < width; c++) to[r * stride + c] += from[r * w + c];
}

// scores[i][j] = sum over c of q[i][c] transposed[c][j], for BLOCK rows and `vectors` x LANES columns from j on.
INLINE void scores_of_columns(float *restrict scores, long score_stride, const float *restrict q, long w,
                              const float *restrict transposed, long j, long p, long width, const int vectors) {
    lanes sums[BLOCK][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK * vectors; i++) sums[i / vectors][i % vectors] = (lanes){0};
    for (long c = 0; c < width; c++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            const lanes k = LOAD(transposed + c * p + j + v * LANES);
#pragma clang loop unroll(full)
            for (int i = 0; i < BLOCK; i++) sums[i][v] += q[i * w + c] * k;
        }
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK * vectors; i++)
        STORE(scores + i / vectors * score_stride + j + i % vectors * LANES, sums[i / vectors][i % vectors]);
}

// The same, of columns in [from, to), a multiple of LANES each. Two vectors at a time keep eight sums in flight.
INLINE void scores_of_block(float *restrict scores, long score_stride, const float *restrict q, long w,
                            const float *restrict transposed, long from, long to, long p, long width) {
    long j = from;
    for (; j + 2 * LANES <= to; j += 2 * LANES) scores_of_columns(scores, score_stride, q, w, transposed, j, p, width, 2);
    if (j < to) scores_of_columns(scores, score_stride, q, w, transposed, j, p, width, 1);
}

// y[i][c] = sum over r in [from, to) of a[i * row_step + r * sum_step] x[r][c], for BLOCK rows i and `vectors` x LANES columns
// from c on.
INLINE void combine_columns(float *restrict y, const float *restrict a, long row_step, long sum_step,
                            const float *restrict x, long from, long to, long w, long c, const int vectors) {
    lanes sums[BLOCK][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK * vectors; i++) sums[i / vectors][i % vectors] = (lanes){0};
    for (long r = from; r < to; r++) {
        const float *weight = a + r * sum_step;
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            const lanes value = LOAD(x + r * w + c + v * LANES);
#pragma clang loop unroll(full)
            for (int i = 0; i < BLOCK; i++) sums[i][v] += weight[i * row_step] * value;
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK * vectors; i++)
        STORE(y + i / vectors * w + c + i % vectors * LANES, sums[i / vectors][i % vectors]);
}

// The same for all w columns.
INLINE void combine_block(float *restrict y, const float *restrict a, long row_step, long sum_step,
                          const float *restrict x, long from, long to, long w) {
    long c = 0;
    for (; c + 2 * LANES <= w; c += 2 * LANES) combine_columns(y, a, row_step, sum_step, x, from, to, w, c, 2);
    if (c < w) combine_columns(y, a, row_step, sum_step, x, from, to, w, c, 1);
}

INLINE long most_visible(const int32_t *visible, long rows) {
    long most = 0;
    for (long i = 0; i < rows; i++) most = visible[i] > most ? visible[i] : most;
    return most;
}

// Keys, in whole vectors, that none of some neighbouring queries sees because they are before its window.
INLINE long hidden_vectors(const struct calm_attention *s, long query, long rows) {
    long fewest = sight_of(s, query).hidden;
    for (long i = 1; i < rows; i++) fewest = smaller(fewest, sight_of(s, query + i).hidden);
    return fewest / LANES * LANES;
}

INLINE void forward(float *output, float *probabilities, float *scratch, const struct calm_attention *s, long width) {
    for (long n = 0; n < s->sequences; n++) {
        const int32_t *range = s->ranges + 4 * n;
        const long q0 = range[0], tq = range[1], k0 = range[2], tk = range[3], p = padded(tk), w = padded(width);
        const int32_t *visible = s->visible + q0;
        float *queries = scratch, *transposed = queries + (tq + BLOCK) * w, *values = transposed + p * w;
        float *result = values + (p + BLOCK) * w, *edge = result + BLOCK * w;
        for (long h = 0; h < s->heads; h++) {
            const long kv = h / s->group * width;
            pack(queries, s->queries + q0 * s->query_stride + h * width, s->query_stride, tq, width);
            if (h % s->group == 0 && s->halves) {
                pack_halves(values, (const _Float16 *)s->keys + k0 * s->key_stride + kv, s->key_stride, tk, width);
                pack_transposed(transposed, values, w, tk, width);
                pack_halves(values, (const _Float16 *)s->values + k0 * s->value_stride + kv, s->value_stride, tk, width);
            } else if (h % s->group == 0) {
                pack_transposed(transposed, (const float *)s->keys + k0 * s->key_stride + kv, s->key_stride, tk, width);
                pack(values, (const float *)s->values + k0 * s->value_stride + kv, s->value_stride, tk, width);
            }
            for (long i = 0; i < tq; i += BLOCK) {
                const long rows = smaller(BLOCK, tq - i);
                const long seen = most_visible(visible + i, rows), columns = padded(seen);
                const long first = hidden_vectors(s, q0 + i, rows);
                // A full block is computed in place; the last, short one at the edge, so as not to write past the end.
                float *block = probabilities && rows == BLOCK ? probabilities + i * p : edge;
                scores_of_block(block, p, queries + i * w, w, transposed, first, columns, p, width);
                for (long r = 0; r < BLOCK; r++) {
                    float *row = block + r * p;
                    const long sees = r < rows ? visible[i + r] : 0;
                    memset(row, 0, first * sizeof(float));
                    if (sees > 0)
                        softmax(row + first, sight_of(s, q0 + i + r), first, columns - first, s->scale, s->cap);
                    else
                        memset(row + first, 0, (columns - first) * sizeof(float));
                    memset(row + columns, 0, (p - columns) * sizeof(float));
                    if (probabilities && rows < BLOCK && r < rows)
                        memcpy(probabilities + (i + r) * p, row, p * sizeof(float));
                }
                combine_block(result, block, p, 1, values, first, seen, w);
                for (long r = 0; r < rows; r++) {
                    float *out = output + (q0 + i + r) * s->output_stride + h * width;
                    for (long c = 0; c < width; c++) out[c] = result[r * w + c];
                }
            }
            if (probabilities) probabilities += tq * p;
        }
    }
}

// The call with WIDTH a constant for the usual widths, which unrolls its loops.
#define FOR_WIDTH(width, call)                                                                                         \
    do {                                                                                                               \
        if ((width) == 16) {                                                                                           \
            enum { WIDTH = 16 };                                                                                       \
            call;                                                                                                      \
        } else if ((width) == 32) {                                                                                    \
            enum { WIDTH = 32 };                                                                                       \
            call;                                                                                                      \
        } else if ((width) == 64) {                                                                                    \
            enum { WIDTH = 64 };                                                                                       \
            call;                                                                                                      \
        } else {                                                                                                       \
            const long WIDTH = (width);                                                                                \
            call;                                                                                                      \
        }                                                                                                              \
    } while (0)

// One query of one sequence, over keys and values in half precision.
HALVES static void single_halves(float *output, float *scratch, const struct calm_attention *one) {
    if (one->width % LANES == 0)
        FOR_WIDTH(one->width, forward_vectors_halves(output, scratch, one, WIDTH));
    else
        forward_single_halves(output, scratch, one, 0, one->width);
}

KERNEL(void, calm_attention_forward,
       (float *output, float *probabilities, float *scratch, const struct calm_attention *shape),
       (output, probabilities, scratch, shape)) {
    struct calm_attention one = *shape;
    if (!probabilities) {
        one.sequences = 1;
        for (long n = 0; n < shape->sequences; n++) {
            one.ranges = shape->ranges + 4 * n;
            if (one.ranges[1] == 1 && shape->halves)
                single_halves(output, scratch, &one);
            else if (one.ranges[1] == 1 && shape->width % LANES == 0)
                FOR_WIDTH(shape->width, forward_vectors(output, scratch, &one, WIDTH));
            else if (one.ranges[1] == 1)
                forward_single(output, scratch, &one, 0, shape->width);
            else
                FOR_WIDTH(shape->width, forward(output, 0, scratch, &one, WIDTH));
        }
    } else {
        FOR_WIDTH(shape->width, forward(output, probabilities, scratch, shape, WIDTH));
    }
}

INLINE void backward(float *query_gradient, float *key_gradient, float *value_gradient, const float *output_gradient,
                     const float *probabilities, float *scratch, const struct calm_attention *s, long width) {
    for (long n = 0; n < s->sequences; n++) {
        const int32_t *range = s->ranges + 4 * n;
        const long q0 = range[0], tq = range[1], k0 = range[2], tk = range[3], p = padded(tk), w = padded(width);
        const int32_t *visible = s->visible + q0;
        float *queries = scratch, *upstream = queries + (tq + BLOCK) * w, *keys = upstream + (tq + BLOCK) * w;
        float *transposed = keys + (p + BLOCK) * w, *result = transposed + p * w;
        float *slopes = result + ((tq > p ? tq : p) + BLOCK) * w, *scores = slopes + (tq + BLOCK) * p;
        for (long h = 0; h < s->heads; h++, probabilities += tq * p) {
            const long kv = h / s->group * width;
            if (s->cap > 0 && (query_gradient || key_gradient)) {
                // The capped scores again: their slope is 1 - (score / cap)^2.
                pack(queries, s->queries + q0 * s->query_stride + h * width, s->query_stride, tq, width);
                pack_transposed(transposed, (const float *)s->keys + k0 * s->key_stride + kv, s->key_stride, tk, width);
                for (long i = 0; i < tq; i += BLOCK) {
                    scores_of_block(scores + i * p, p, queries + i * w, w, transposed, 0, p, p, width);
                    for (long r = 0; r < BLOCK; r++) cap_scores(scores + (i + r) * p, p, s->scale, s->cap);
                }
            }
            pack(upstream, output_gradient + q0 * s->output_stride + h * width, s->output_stride, tq, width);
            if (query_gradient || key_gradient) {
                // dP = dO V'; dS = P (dP - sum(P dP)) scale
                pack_transposed(transposed, (const float *)s->values + k0 * s->value_stride + kv, s->value_stride, tk, width);
                for (long i = 0; i < tq; i += BLOCK) {
                    const long rows = smaller(BLOCK, tq - i), columns = padded(most_visible(visible + i, rows));
                    scores_of_block(slopes + i * p, p, upstream + i * w, w, transposed, 0, columns, p, width);
                    for (long r = 0; r < rows; r++) {
                        float *restrict slope = slopes + (i + r) * p;
                        const float *restrict probability = probabilities + (i + r) * p;
                        float dot = 0;
                        for (long k = 0; k < columns; k++) dot += probability[k] * slope[k];
                        for (long k = 0; k < columns; k++) slope[k] = probability[k] * (slope[k] - dot) * s->scale;
                        for (long k = columns; k < p; k++) slope[k] = 0;
                        if (s->cap > 0) {
                            const float *restrict score = scores + (i + r) * p;
                            const float over = 1 / s->cap;
                            for (long k = 0; k < columns; k++)
                                slope[k] *= 1 - score[k] * over * (score[k] * over);
                        }
                    }
                }
            }
            if (query_gradient) {
                pack(keys, (const float *)s->keys + k0 * s->key_stride + kv, s->key_stride, tk, width);
                for (long i = 0; i < tq; i += BLOCK) {
                    const long seen = most_visible(visible + i, smaller(BLOCK, tq - i));
                    combine_block(result + i * w, slopes + i * p, p, 1, keys, 0, seen, w);
                }
                add_back(query_gradient + q0 * s->query_stride + h * width, s->query_stride, result, tq, width);
            }
            if (key_gradient) pack(queries, s->queries + q0 * s->query_stride + h * width, s->query_stride, tq, width);
            for (int which = 0; which < 2; which++) {
                float *gradient = which ? value_gradient : key_gradient;
                if (!gradient) continue;
                for (long k = 0; k < tk; k += BLOCK) {
                    long first = 0;  // the first query that sees key k; none before it has a share in this block
                    while (first < tq && visible[first] <= k) first++;
                    combine_block(result + k * w, (which ? probabilities : slopes) + k, 1, p, which ? upstream : queries,
                                  first, tq, w);
                }
                const long stride = which ? s->value_stride : s->key_stride;
                add_back(gradient + k0 * stride + kv, stride, result, tk, width);
            }
        }
    }
}

KERNEL(void, calm_attention_backward,
       (float *query_gradient, float *key_gradient, float *value_gradient, const float *output_gradient,
        const float *probabilities, float *scratch, const struct calm_attention *shape),
       (query_gradient, key_gradient, value_gradient, output_gradient, probabilities, scratch, shape)) {
    FOR_WIDTH(shape->width, backward(query_gradient, key_gradient, value_gradient, output_gradient, probabilities,
                                     scratch, shape, WIDTH));
}
