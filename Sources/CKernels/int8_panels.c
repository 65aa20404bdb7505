// Products of block-quantised weights with many rows of activations packed as int8.
//
// 16 rows of weights at a time are unpacked into a panel that every row of activations passes; the sums of 16 elements of y
// are the lanes of a vector, so nothing is summed across lanes.
#include "int8_native.h"

int calm_int8_available(void) {
#if HAS_INT8
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
    return 0;
#endif
}

#if HAS_INT8
INLINE long lesser(long a, long b) { return a < b ? a : b; }

// Elements of a row whose panel is made at a time: 16 KiB of it stay in the first-level cache. Rows of a panel, one a lane;
// rows of activations that share its loads.
enum { DEPTH = 1024, HEIGHT = LANES, GROUP = 8 };

// 16 rows of weights: of each four neighbouring elements those of all rows together, and likewise their scales and minima.
typedef struct {
    uint8_t values[DEPTH * HEIGHT];
    float scales[DEPTH / SHORT_RUN * HEIGHT], minima[DEPTH / SHORT_RUN * HEIGHT];
} __attribute__((aligned(64))) panel;

// 16 x 16 words of 32 bits.
WIDE INLINE void transpose(__m512i *r) {
    __m512i t[16];
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
        t[4 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xdd);
        t[8 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
        t[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xdd);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
        r[4 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0x88);
        r[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd);
        r[12 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0xdd);
    }
}

// Makes a panel of `length` elements of `rows` rows that are w_size bytes apart; the last row stands for those missing.
WIDE INLINE void fill(int type, panel *to, const uint8_t *w, long w_size, long rows, long length) {
    const int in_run = type == Q6_K ? 2 : 1, steps = block_elements(type) == 32 ? 1 : 256 / STEP;
    const long runs = length / RUN * in_run;
    float scales[HEIGHT][DEPTH / SHORT_RUN], minima[HEIGHT][DEPTH / SHORT_RUN];
    for (int row = 0; row < HEIGHT; row++)
        scales_native(type, scales[row], minima[row], w + lesser(row, rows - 1) * w_size, length / RUN);
    for (long r = 0; r < runs; r += LANES) {
        __m512i some[HEIGHT], least[HEIGHT];
        for (int row = 0; row < HEIGHT; row++) {
            some[row] = _mm512_loadu_si512(scales[row] + r);
            least[row] = _mm512_loadu_si512(minima[row] + r);
            if (type == Q8_0)
                least[row] = _mm512_castps_si512(
                    _mm512_mul_ps(_mm512_set1_ps(-128), _mm512_castsi512_ps(some[row])));
        }
        transpose(some);
        transpose(least);
        for (int i = 0; i < LANES && r + i < runs; i++) {
            _mm512_store_si512(to->scales + (r + i) * HEIGHT, some[i]);
            _mm512_store_si512(to->minima + (r + i) * HEIGHT, least[i]);
        }
    }
    for (long start = 0; start < length; start += steps * STEP)
#pragma clang loop unroll(full)
        for (int step = 0; step < steps; step++) {
            const long at = start + STEP * step;
            __m512i words[HEIGHT];
            for (int row = 0; row < HEIGHT; row++) {
                const uint8_t *blocks =
                    w + lesser(row, rows - 1) * w_size + start / block_elements(type) * block_bytes(type);
                uint8_t last[2 * 34];
                if (steps == 1 && length - at < STEP) {
                    memset(last, 0, sizeof last);
                    memcpy(last, blocks, block_bytes(type));
                    blocks = last;
                }
                words[row] = unpack_native(type, blocks, step);
                if (type == Q8_0) words[row] = _mm512_xor_si512(words[row], _mm512_set1_epi8((char)0x80));
            }
            transpose(words);
            for (int i = 0; i < 16 && at + 4 * i < length; i++)
                _mm512_store_si512(to->values + at * HEIGHT + 64 * i, words[i]);
        }
}

// y of `count` rows of activations; `first` is where the panel begins in them.
WIDE INLINE void apply(float *y, long y_stride, const panel *from, const int8_t *x, long x_size, int count, int run,
                       long k, long first, long length, __mmask16 mask, int accumulate) {
    __m512 sums[GROUP];
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++)
        sums[i] = accumulate ? _mm512_maskz_loadu_ps(mask, y + i * y_stride) : _mm512_setzero_ps();
    const int8_t *values = x + first;
    const float *scales = scales_of(x, k) + first / RUN;
    const float *totals = run == RUN ? sums_of(x, k) + first / RUN : short_sums_of(x, k) + first / SHORT_RUN;
    const uint8_t *w = from->values;
    for (long r = 0; r < length / run; r++, values += run, w += run * HEIGHT) {
        __m512i dots[GROUP];
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) dots[i] = _mm512_setzero_si512();
#pragma clang loop unroll(full)
        for (int q = 0; q < run / 4; q++) {
            const __m512i four = _mm512_load_si512(w + 64 * q);
#pragma clang loop unroll(full)
            for (int i = 0; i < count; i++) {
                int32_t word;
                memcpy(&word, values + i * x_size + 4 * q, 4);
                dots[i] = _mm512_dpbusd_epi32(dots[i], four, _mm512_set1_epi32(word));
            }
        }
        const __m512 scale = _mm512_load_ps(from->scales + r * HEIGHT), minimum = _mm512_load_ps(from->minima + r * HEIGHT);
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) {
            const long floats = i * x_size / 4;
            const __m512 both = _mm512_mul_ps(scale, _mm512_set1_ps(scales[floats + r * run / RUN]));
            sums[i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[i]), both, sums[i]);
            sums[i] = _mm512_fmadd_ps(minimum, _mm512_set1_ps(totals[floats + r]), sums[i]);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) _mm512_mask_storeu_ps(y + i * y_stride, mask, sums[i]);
}

WIDE static void apply_all(float *y, long y_stride, const panel *from, const int8_t *x, long m, int run, long k,
                           long first, long length, long rows, int accumulate) {
    const long size = packed_row(k);
    const __mmask16 mask = (__mmask16)((1u << rows) - 1);
#define APPLY(COUNT)                                                                                                  \
    case COUNT:                                                                                                       \
        if (run == RUN)                                                                                               \
            apply(y, y_stride, from, x, size, COUNT, RUN, k, first, length, mask, accumulate);                        \
        else                                                                                                          \
            apply(y, y_stride, from, x, size, COUNT, SHORT_RUN, k, first, length, mask, accumulate);                  \
        break;
    for (long i = 0; i < m; i += GROUP, x += GROUP * size, y += GROUP * y_stride) switch (lesser(GROUP, m - i)) {
            APPLY(1) APPLY(2) APPLY(3) APPLY(4) APPLY(5) APPLY(6) APPLY(7) APPLY(8)
        }
#undef APPLY
}

#define PANELS_OF(TYPE)                                                                                              \
    WIDE static void TYPE##_panels(float *y, long y_stride, const uint8_t *w, long w_size, const int8_t *x, long m,  \
                                   long n, long k, int accumulate) {                                                 \
        panel made;                                                                                                  \
        for (long j = 0; j < n; j += HEIGHT)                                                                         \
            for (long first = 0; first < k; first += DEPTH) {                                                        \
                const long rows = lesser(HEIGHT, n - j), length = lesser(DEPTH, k - first);                          \
                fill(TYPE, &made, w + j * w_size + first / block_elements(TYPE) * block_bytes(TYPE), w_size, rows,   \
                     length);                                                                                        \
                apply_all(y + j, y_stride, &made, x, m, TYPE == Q6_K ? SHORT_RUN : RUN, k, first, length, rows,      \
                          accumulate || first > 0);                                                                  \
            }                                                                                                        \
    }
EACH_TYPE(PANELS_OF)
#undef PANELS_OF
#endif

void calm_int8_panels(float *y, long y_stride, const uint8_t *w, int type, const int8_t *x, long m, long n, long k,
                      int accumulate) {
#if HAS_INT8
    const long size = k / block_elements(type) * block_bytes(type);
#define PRODUCT(TYPE)                                                \
    case TYPE:                                                       \
        TYPE##_panels(y, y_stride, w, size, x, m, n, k, accumulate); \
        break;
    switch (type) {
        EACH_TYPE(PRODUCT)
    }
#undef PRODUCT
#else
    calm_int8_rows(y, y_stride, w, type, x, m, n, k, accumulate, 0);
#endif
}
