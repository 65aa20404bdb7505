// The products of int8_product.c, once with the processor's own int8 products and once without: FUNCTION, INNER, VALUES,
// SCALES, UNPACK and DOT, PAIR, UNPACK_FOUR and DOT_FOUR are what differs.

// One row of weights times `count` packed rows.
INNER void NAME(row)(int type, float *y, long y_stride, const uint8_t *w, const int8_t *x, long x_size, int count, long k,
                     int accumulate) {
    lanes sums[MOST];
    for (int i = 0; i < count; i++) sums[i] = (lanes){0};
    const int in_run = type == Q6_K ? 2 : 1;
    for (long first = 0; first < k; first += SEGMENT) {
        const long length = k - first < SEGMENT ? k - first : SEGMENT, runs = length / RUN;
        const uint8_t *segment = w + first / block_elements(type) * block_bytes(type);
        float scales[SEGMENT / SHORT_RUN] __attribute__((aligned(64))), minima[SEGMENT / SHORT_RUN] __attribute__((aligned(64)));
        float both[MOST][SEGMENT / SHORT_RUN] __attribute__((aligned(64)));
        const long padded = rounded_up(runs * in_run, LANES);
        if (runs * in_run < padded)
            STORE(scales + padded - LANES, (lanes){0}), STORE(minima + padded - LANES, (lanes){0});
        SCALES(type, scales, minima, segment, runs);
        for (int i = 0; i < count; i++) {
            const int8_t *row = x + i * x_size;
            const float *own = scales_of(row, k) + first / RUN;
            const float *totals = in_run == 2 ? short_sums_of(row, k) + first / SHORT_RUN : sums_of(row, k) + first / RUN;
            for (long r = 0; r < padded; r += LANES) {
                const lanes s = LOAD(scales + r);
                if (in_run == 1) {
                    STORE(both[i] + r, s * LOAD(own + r));
                } else {
                    typedef float half __attribute__((vector_size(32), aligned(4)));
                    const half h = *(const half *)(own + r / 2);
                    STORE(both[i] + r, s * __builtin_shufflevector(h, h, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7));
                }
                if (type != Q8_0) ADD_PRODUCT(sums[i], LOAD(minima + r), LOAD(totals + r));
            }
        }
        long done = 0;
        if (has_nibbles(type))
            for (; done + FOUR_RUNS <= length; done += FOUR_RUNS) {
                const uint8_t *blocks = segment + done / RUN * block_bytes(type);
                fetch(blocks, 4 * block_bytes(type));
                const PAIR pair = UNPACK_FOUR(type, blocks);
                for (int i = 0; i < count; i++) {
                    lanes dot;
                    DOT_FOUR(&dot, pair, halves_of(x + i * x_size, k) + first + done);
                    ADD_PRODUCT(sums[i], dot, FOURFOLD(both[i] + done / RUN));
                }
            }
        uint8_t last[2 * 34];
        // With a block's steps unrolled, their shifts are constants.
        const int steps = block_elements(type) == 32 ? 1 : 256 / STEP;
        for (long start = done; start < length; start += steps * STEP)
#pragma clang loop unroll(full)
            for (int step = 0; step < steps; step++) {
                const long at = start + STEP * step;
                const uint8_t *blocks = segment + start / block_elements(type) * block_bytes(type);
                if (step % 2 == 0) fetch(blocks + step * block_bytes(type) / 4, block_bytes(type) / (steps == 1 ? 1 : 2));
                if (steps == 1 && length - at < STEP) {
                    // Half a step: the other half's scales are zero.
                    memset(last, 0, sizeof last);
                    memcpy(last, blocks, block_bytes(type));
                    blocks = last;
                }
                const VALUES values = UNPACK(type, blocks, step);
                for (int i = 0; i < count; i++) {
                    lanes dot;
                    DOT(&dot, type, values, x + i * x_size + first + at);
                    if (in_run == 1) {
                        typedef float two __attribute__((vector_size(8), aligned(4)));
                        const two s = *(const two *)(both[i] + at / RUN);
                        ADD_PRODUCT(
                            sums[i], dot, __builtin_shufflevector(s, s, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
                    } else {
                        ADD_PRODUCT(sums[i], dot, FOURFOLD(both[i] + at / SHORT_RUN));
                    }
                }
            }
    }
    for (int i = 0; i < count; i++) {
        const float sum = total(&sums[i]);
        y[i * y_stride] = accumulate ? y[i * y_stride] + sum : sum;
    }
}

#define ROWS_OF(TYPE)                                                                                                \
    FUNCTION(NAME(TYPE),                                                                                             \
             (float *y, long y_stride, const uint8_t *w, long w_size, const int8_t *x, long m, long n, long k,       \
              int accumulate),                                                                                       \
             (y, y_stride, w, w_size, x, m, n, k, accumulate)) {                                                     \
        const long size = packed_row(k);                                                                             \
        for (long j = 0; j < n; j++, w += w_size) {                                                                  \
            long i = 0;                                                                                              \
            for (; i + MOST <= m; i += MOST)                                                                         \
                NAME(row)(TYPE, y + i * y_stride + j, y_stride, w, x + i * size, size, MOST, k, accumulate);         \
            for (; i < m; i++)                                                                                       \
                NAME(row)(TYPE, y + i * y_stride + j, y_stride, w, x + i * size, size, 1, k, accumulate);            \
        }                                                                                                            \
    }
EACH_TYPE(ROWS_OF)
#undef ROWS_OF
