// Multi-head attention for small heads and short sequences, where a matrix product per head would be all overhead.
//
// Each (sequence, head) is packed into scratch: rows padded to whole vectors of 16, keys (backward: values) transposed so
// that scores are computed 16 keys at a time. Queries go four at a time, so that a loaded vector is used four times and
// four sums are in flight. Padding is zero and contributes exactly nothing.
#include "CKernels.h"
#include "kernels.h"
#include "lane_sums.h"
#include <string.h>

// Queries, and in decoding heads, that are worked on at once.
enum { BLOCK = 4, HEADS = 8 };

INLINE long padded(long n) { return (n + LANES - 1) / LANES * LANES; }
INLINE long smaller(long a, long b) { return a < b ? a : b; }

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

// scores[i][j] = sum over c of q[i][c] transposed[c][j], for BLOCK rows and columns in [from, to), a multiple of LANES each.
INLINE void scores_of_block(float *restrict scores, long score_stride, const float *restrict q, long w,
                            const float *restrict transposed, long from, long to, long p, long width) {
    for (long j = from; j < to; j += LANES) {
        lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        for (long c = 0; c < width; c++) {
            const lanes k = LOAD(transposed + c * p + j);
            s0 += q[c] * k;
            s1 += q[w + c] * k;
            s2 += q[2 * w + c] * k;
            s3 += q[3 * w + c] * k;
        }
        STORE(scores + j, s0);
        STORE(scores + score_stride + j, s1);
        STORE(scores + 2 * score_stride + j, s2);
        STORE(scores + 3 * score_stride + j, s3);
    }
}

// y[i] = sum over r in [from, to) of a[i * row_step + r * sum_step] x[r], for BLOCK rows i.
INLINE void combine_block(float *restrict y, const float *restrict a, long row_step, long sum_step,
                          const float *restrict x, long from, long to, long w) {
    for (long c = 0; c < w; c += LANES) {
        lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        for (long r = from; r < to; r++) {
            const lanes v = LOAD(x + r * w + c);
            const float *weight = a + r * sum_step;
            s0 += weight[0] * v;
            s1 += weight[row_step] * v;
            s2 += weight[2 * row_step] * v;
            s3 += weight[3 * row_step] * v;
        }
        STORE(y + c, s0);
        STORE(y + w + c, s1);
        STORE(y + 2 * w + c, s2);
        STORE(y + 3 * w + c, s3);
    }
}

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

INLINE long most_visible(const int32_t *visible, long rows) {
    long most = 0;
    for (long i = 0; i < rows; i++) most = visible[i] > most ? visible[i] : most;
    return most;
}

// Keys before the window of a query that sees `visible` keys: the last `window` of them count, all if it is 0.
INLINE long hidden_keys(const struct calm_attention *s, long visible) {
    return s->window > 0 && visible > s->window ? visible - s->window : 0;
}

// The same for a block of queries, of the one that sees the fewest: whole vectors of keys that none of them sees.
INLINE long hidden_vectors(const struct calm_attention *s, const int32_t *visible, long rows) {
    long fewest = visible[0];
    for (long i = 1; i < rows; i++) fewest = visible[i] < fewest ? visible[i] : fewest;
    return hidden_keys(s, fewest) / LANES * LANES;
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
            if (h % s->group == 0) {
                pack_transposed(transposed, s->keys + k0 * s->key_stride + kv, s->key_stride, tk, width);
                pack(values, s->values + k0 * s->value_stride + kv, s->value_stride, tk, width);
            }
            for (long i = 0; i < tq; i += BLOCK) {
                const long rows = smaller(BLOCK, tq - i);
                const long seen = most_visible(visible + i, rows), columns = padded(seen);
                const long first = hidden_vectors(s, visible + i, rows);
                // A full block is computed in place; the last, short one at the edge, so as not to write past the end.
                float *block = probabilities && rows == BLOCK ? probabilities + i * p : edge;
                scores_of_block(block, p, queries + i * w, w, transposed, first, columns, p, width);
                for (long r = 0; r < BLOCK; r++) {
                    float *row = block + r * p;
                    const long sees = r < rows ? visible[i + r] : 0;
                    memset(row, 0, first * sizeof(float));
                    if (sees > 0)
                        softmax(row + first, hidden_keys(s, sees) - first, sees - first, columns - first, s->scale,
                                s->cap);
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

// scores[i] = q · keys[i], for `count` <= LANES keys; beyond the last key it is taken again.
INLINE void score_keys(float *scores, const float *q, const float *keys, long stride, const long count, long width) {
    lanes products[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) {
        const float *key = keys + smaller(i, count - 1) * stride;
        products[i] = LOAD(q) * LOAD(key);
        for (long c = LANES; c < width; c += LANES) products[i] += LOAD(q + c) * LOAD(key + c);
    }
    store_sums(scores, products);
}

// out[c] = sum over keys k in [from, to) of weights[c / width][k] values[k][c], for VECTORS x LANES neighbouring columns from `first` on.
INLINE void weigh(float *out, const float *weights, long weight_stride, const float *values, long value_stride, long from,
                  long to, long first, long width, const int vectors) {
    lanes sum[8];
    const float *share[8];
    for (int i = 0; i < vectors; i++) {
        sum[i] = (lanes){0};
        share[i] = weights + (first + i * LANES) / width * weight_stride;
    }
    for (long k = from; k < to; k++)
        for (int i = 0; i < vectors; i++) sum[i] += share[i][k] * LOAD(values + k * value_stride + first + i * LANES);
    for (int i = 0; i < vectors; i++) STORE(out + first + i * LANES, sum[i]);
}

// One query a sequence, heads of whole vectors: sixteen keys at a time, and of several heads at once, so that a row of the
// cache is read front to back. Heads that share keys go one by one.
INLINE void forward_vectors(float *output, float *weights, const struct calm_attention *s, long width) {
    const int32_t *range = s->ranges;
    const long sees = s->visible[range[0]], columns = padded(sees);
    const long hidden = hidden_keys(s, sees), start = hidden / LANES * LANES;
    const long together = s->group == 1 && width < HEADS * LANES ? HEADS * LANES / width : 1;
    for (long h = 0; h < s->heads; h += together) {
        const long heads = smaller(together, s->heads - h), kv = h / s->group * width;
        const float *q = s->queries + range[0] * s->query_stride + h * width;
        const float *keys = s->keys + range[2] * s->key_stride + kv;
        const float *values = s->values + range[2] * s->value_stride + kv;
        float *out = output + range[0] * s->output_stride + h * width;
        for (long k = start; k < sees; k += LANES)
            for (long g = 0; g < heads; g++) {
                float *scores = weights + g * columns + k;
                const float *query = q + g * width, *first = keys + k * s->key_stride + g * width;
                if (k + LANES <= sees)
                    score_keys(scores, query, first, s->key_stride, LANES, width);
                else  // what is scored beyond the last key is masked
                    score_keys(scores, query, first, s->key_stride, sees - k, width);
            }
        for (long g = 0; g < heads && sees > 0; g++)
            softmax(weights + g * columns + start, hidden - start, sees - start, columns - start, s->scale, s->cap);
        long c = 0;
        for (; c + 8 * LANES <= heads * width; c += 8 * LANES)
            weigh(out, weights, columns, values, s->value_stride, start, sees, c, width, 8);
        for (; c + 4 * LANES <= heads * width; c += 4 * LANES)
            weigh(out, weights, columns, values, s->value_stride, start, sees, c, width, 4);
        for (; c < heads * width; c += LANES)
            weigh(out, weights, columns, values, s->value_stride, start, sees, c, width, 1);
    }
}

// One query a sequence, as in decoding: packing would cost more than it saves.
INLINE void forward_single(float *output, float *row, const struct calm_attention *s, long n, long width) {
    const int32_t *range = s->ranges + 4 * n;
    const long sees = s->visible[range[0]], columns = padded(sees), hidden = hidden_keys(s, sees);
    for (long h = 0; h < s->heads; h++) {
        const long kv = h / s->group * width;
        const float *q = s->queries + range[0] * s->query_stride + h * width;
        float *restrict out = output + range[0] * s->output_stride + h * width;
        for (long c = 0; c < width; c++) out[c] = 0;
        if (sees == 0) continue;
        for (long k = 0; k < sees; k++) {
            const float *key = s->keys + (range[2] + k) * s->key_stride + kv;
            float dot = 0;
            for (long c = 0; c < width; c++) dot += q[c] * key[c];
            row[k] = dot;
        }
        softmax(row, hidden, sees, columns, s->scale, s->cap);
        for (long k = hidden; k < sees; k++) {
            const float *value = s->values + (range[2] + k) * s->value_stride + kv;
            const float weight = row[k];
            for (long c = 0; c < width; c++) out[c] += weight * value[c];
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

KERNEL void calm_attention_forward(float *output, float *probabilities, float *scratch,
                                   const struct calm_attention *shape) {
    struct calm_attention one = *shape;
    if (!probabilities) {
        one.sequences = 1;
        for (long n = 0; n < shape->sequences; n++) {
            one.ranges = shape->ranges + 4 * n;
            if (one.ranges[1] == 1 && shape->width % LANES == 0)
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
                pack_transposed(transposed, s->keys + k0 * s->key_stride + kv, s->key_stride, tk, width);
                for (long i = 0; i < tq; i += BLOCK) {
                    scores_of_block(scores + i * p, p, queries + i * w, w, transposed, 0, p, p, width);
                    for (long r = 0; r < BLOCK; r++) cap_scores(scores + (i + r) * p, p, s->scale, s->cap);
                }
            }
            pack(upstream, output_gradient + q0 * s->output_stride + h * width, s->output_stride, tq, width);
            if (query_gradient || key_gradient) {
                // dP = dO V'; dS = P (dP - sum(P dP)) scale
                pack_transposed(transposed, s->values + k0 * s->value_stride + kv, s->value_stride, tk, width);
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
                pack(keys, s->keys + k0 * s->key_stride + kv, s->key_stride, tk, width);
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

KERNEL void calm_attention_backward(float *query_gradient, float *key_gradient, float *value_gradient,
                                    const float *output_gradient, const float *probabilities, float *scratch,
                                    const struct calm_attention *shape) {
    FOR_WIDTH(shape->width, backward(query_gradient, key_gradient, value_gradient, output_gradient, probabilities,
                                     scratch, shape, WIDTH));
}
