// Attention of one query a sequence, as in decoding: over the keys where they lie, as packing would cost more than it saves.
//
// Included once for each form of keys and values: KV is their type, KV_LOAD reads a vector of them, NAME makes names.

// scores[i] = q · keys[i], for `count` <= LANES keys; beyond the last key it is taken again.
INLINE void NAME(score_keys)(float *scores, const float *q, const KV *keys, long stride, const long count, long width) {
    lanes products[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) {
        const KV *key = keys + smaller(i, count - 1) * stride;
        products[i] = LOAD(q) * KV_LOAD(key);
        for (long c = LANES; c < width; c += LANES) products[i] += LOAD(q + c) * KV_LOAD(key + c);
    }
    store_sums(scores, products);
}

// out[c] = sum over keys k in [from, to) of weights[c / width][k] values[k][c], for VECTORS x LANES neighbouring columns from `first` on.
INLINE void NAME(weigh)(float *out, const float *weights, long weight_stride, const KV *values, long value_stride, long from,
                  long to, long first, long width, const int vectors) {
    lanes sum[8];
    const float *share[8];
    for (int i = 0; i < vectors; i++) {
        sum[i] = (lanes){0};
        share[i] = weights + (first + i * LANES) / width * weight_stride;
    }
    for (long k = from; k < to; k++)
        for (int i = 0; i < vectors; i++) sum[i] += share[i][k] * KV_LOAD(values + k * value_stride + first + i * LANES);
    for (int i = 0; i < vectors; i++) STORE(out + first + i * LANES, sum[i]);
}

// out[g][c] = sum over keys k in [from, to) of weights[g][k] values[k][c], for `heads` heads that share values and
// `vectors` x LANES neighbouring columns.
INLINE void NAME(weigh_shared)(float *out, const float *weights, long weight_stride, const KV *values, long value_stride,
                         long from, long to, long width, const int heads, const int vectors) {
    lanes sum[HEADS][4];
#pragma clang loop unroll(full)
    for (int g = 0; g < heads; g++)
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors; i++) sum[g][i] = (lanes){0};
    for (long k = from; k < to; k++) {
        lanes value[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors; i++) value[i] = KV_LOAD(values + k * value_stride + i * LANES);
#pragma clang loop unroll(full)
        for (int g = 0; g < heads; g++)
#pragma clang loop unroll(full)
            for (int i = 0; i < vectors; i++) sum[g][i] += weights[g * weight_stride + k] * value[i];
    }
#pragma clang loop unroll(full)
    for (int g = 0; g < heads; g++)
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors; i++) STORE(out + g * width + i * LANES, sum[g][i]);
}

// Asks for some rows of the cache, keys and values of all heads: heads are worked on one after the other, and each one's share
// of a row is too short for the processor to see a pattern.
INLINE void NAME(fetch_rows)(const struct calm_attention *s, long first, long rows, long width) {
    const long columns = (s->heads + s->group - 1) / s->group * width;
    for (long r = first; r < first + rows; r++)
        for (long c = 0; c < columns; c += 64 / (long)sizeof(KV)) {
            __builtin_prefetch((const KV *)s->keys + r * s->key_stride + c, 0, 2);
            __builtin_prefetch((const KV *)s->values + r * s->value_stride + c, 0, 2);
        }
}

// One query a sequence, heads of whole vectors: sixteen keys at a time, and of several heads at once, so that a row of the
// cache is read front to back, and once for all heads that share it.
INLINE void NAME(forward_vectors)(float *output, float *weights, const struct calm_attention *s, long width) {
    const int32_t *range = s->ranges;
    const struct sight sight = sight_of(s, range[0]);
    const long sees = sight.visible, columns = padded(sees), start = sight.hidden / LANES * LANES;
    const int shares = s->group > 1;
    const long beside = width < HEADS * LANES ? HEADS * LANES / width : 1;
    for (long h = 0, heads; h < s->heads; h += heads) {
        // Of heads that share keys as many as there is room for, of others those of some whole vectors.
        heads = smaller(shares ? smaller(HEADS, s->group - h % s->group) : beside, s->heads - h);
        const long kv = h / s->group * width;
        const float *q = s->queries + range[0] * s->query_stride + h * width;
        const KV *keys = (const KV *)s->keys + range[2] * s->key_stride + kv;
        const KV *values = (const KV *)s->values + range[2] * s->value_stride + kv;
        float *out = output + range[0] * s->output_stride + h * width;
        for (long k = start; k < sees; k += LANES) {
            if (shares && h == 0) NAME(fetch_rows)(s, range[2] + k + AHEAD, smaller(LANES, sees - k - AHEAD), width);
            for (long g = 0; g < heads; g++) {
                float *scores = weights + g * columns + k;
                const float *query = q + g * width;
                const KV *first = keys + k * s->key_stride + (shares ? 0 : g * width);
                if (k + LANES <= sees)
                    NAME(score_keys)(scores, query, first, s->key_stride, LANES, width);
                else  // what is scored beyond the last key is masked
                    NAME(score_keys)(scores, query, first, s->key_stride, sees - k, width);
            }
        }
        for (long g = 0; g < heads && sees > 0; g++)
            softmax(weights + g * columns + start, sight, start, columns - start, s->scale, s->cap);
        if (shares) {
#define WEIGH(COUNT, VECTORS)                                                                                         \
    for (; g + COUNT <= heads; g += COUNT)                                                                            \
        NAME(weigh_shared)(out + g * width + c, weights + g * columns, columns, values + c, s->value_stride, start, sees,   \
                     width, COUNT, VECTORS);
            long c = 0;
            for (; c + 4 * LANES <= width; c += 4 * LANES) {
                long g = 0;
                WEIGH(4, 4)
                WEIGH(3, 4)
                WEIGH(2, 4)
                WEIGH(1, 4)
            }
            for (; c < width; c += LANES) {
                long g = 0;
                WEIGH(4, 1)
                WEIGH(1, 1)
            }
#undef WEIGH
            continue;
        }
        long c = 0;
        for (; c + 8 * LANES <= heads * width; c += 8 * LANES)
            NAME(weigh)(out, weights, columns, values, s->value_stride, start, sees, c, width, 8);
        for (; c + 4 * LANES <= heads * width; c += 4 * LANES)
            NAME(weigh)(out, weights, columns, values, s->value_stride, start, sees, c, width, 4);
        for (; c < heads * width; c += LANES)
            NAME(weigh)(out, weights, columns, values, s->value_stride, start, sees, c, width, 1);
    }
}

// Heads of any width.
INLINE void NAME(forward_single)(float *output, float *row, const struct calm_attention *s, long n, long width) {
    const int32_t *range = s->ranges + 4 * n;
    const struct sight sight = sight_of(s, range[0]);
    const long sees = sight.visible, columns = padded(sees);
    for (long h = 0; h < s->heads; h++) {
        const long kv = h / s->group * width;
        const float *q = s->queries + range[0] * s->query_stride + h * width;
        float *restrict out = output + range[0] * s->output_stride + h * width;
        for (long c = 0; c < width; c++) out[c] = 0;
        if (sees == 0) continue;
        for (long k = 0; k < sees; k++) {
            const KV *key = (const KV *)s->keys + (range[2] + k) * s->key_stride + kv;
            float dot = 0;
            for (long c = 0; c < width; c++) dot += q[c] * (float)key[c];
            row[k] = dot;
        }
        softmax(row, sight, 0, columns, s->scale, s->cap);
        for (long k = sight.hidden; k < sees; k++) {
            const KV *value = (const KV *)s->values + (range[2] + k) * s->value_stride + kv;
            const float weight = row[k];
            for (long c = 0; c < width; c++) out[c] += weight * (float)value[c];
        }
    }
}
