// Products of block-quantised weights with many rows of activations packed as int8.
//
// 16 rows of weights at a time are unpacked into a panel that every row of activations passes; the sums of 16 elements of y
// are the lanes of a vector, so nothing is summed across lanes.
#include "int8_native.h"

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

// The four words at each of 16 places: those of one number together, in order of the places.
WIDE INLINE void four_words(__m512i *r, const uint8_t *const *rows, long offset) {
    __m512i v[4];
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        v[i] = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(rows[i] + offset)));
        v[i] = _mm512_inserti32x4(v[i], _mm_loadu_si128((const __m128i *)(rows[4 + i] + offset)), 1);
        v[i] = _mm512_inserti32x4(v[i], _mm_loadu_si128((const __m128i *)(rows[8 + i] + offset)), 2);
        v[i] = _mm512_inserti32x4(v[i], _mm_loadu_si128((const __m128i *)(rows[12 + i] + offset)), 3);
    }
    const __m512i low = _mm512_unpacklo_epi32(v[0], v[1]), high = _mm512_unpackhi_epi32(v[0], v[1]);
    const __m512i next = _mm512_unpacklo_epi32(v[2], v[3]), last = _mm512_unpackhi_epi32(v[2], v[3]);
    r[0] = _mm512_unpacklo_epi64(low, next);
    r[1] = _mm512_unpackhi_epi64(low, next);
    r[2] = _mm512_unpacklo_epi64(high, last);
    r[3] = _mm512_unpackhi_epi64(high, last);
}

// One word at each of 16 places.
WIDE INLINE __m512i one_word(const uint8_t *const *rows, long offset) {
    uint32_t words[HEIGHT] __attribute__((aligned(64)));
#pragma clang loop unroll(full)
    for (int row = 0; row < HEIGHT; row++) memcpy(words + row, rows[row] + offset, 4);
    return _mm512_setr_epi32((int)words[0], (int)words[1], (int)words[2], (int)words[3], (int)words[4], (int)words[5],
                             (int)words[6], (int)words[7], (int)words[8], (int)words[9], (int)words[10], (int)words[11],
                             (int)words[12], (int)words[13], (int)words[14], (int)words[15]);
}

// The values of a panel where a block is one run: the words of 16 rows change places before their nibbles are told apart.
WIDE INLINE void fill_runs(int type, uint8_t *to, const uint8_t *const *rows, long length) {
    const int size = block_bytes(type);
    for (long block = 0; block < length / RUN; block++, to += RUN * HEIGHT) {
        const long offset = block * size;
        __m512i words[4];
        if (type == Q8_0) {
#pragma clang loop unroll(full)
            for (int half = 0; half < 2; half++) {
                four_words(words, rows, offset + 2 + 16 * half);
#pragma clang loop unroll(full)
                for (int i = 0; i < 4; i++)
                    _mm512_store_si512(to + 256 * half + 64 * i, _mm512_xor_si512(words[i], _mm512_set1_epi8((char)0x80)));
            }
            continue;
        }
        four_words(words, rows, offset + size - 16);
        __m512i fifth = _mm512_setzero_si512();
        if (type == Q5_0 || type == Q5_1) fifth = one_word(rows, offset + size - 20);
        const __m512i four_bits = _mm512_set1_epi8(15);
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
            __m512i low = _mm512_and_si512(words[i], four_bits);
            __m512i high = _mm512_and_si512(_mm512_srli_epi16(words[i], 4), four_bits);
            if (type == Q5_0 || type == Q5_1) {
                // Each of the four bytes of a word tests a bit of its own.
                const __m512i bits = _mm512_set1_epi32(i % 2 ? (int)0x80402010 : 0x08040201);
                const __m512i byte = _mm512_set1_epi32(0x01010101 * (i / 2));
                const __m512i place = _mm512_add_epi8(byte, _mm512_broadcast_i32x4(_mm_setr_epi8(
                    0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12)));
                const __m512i next = _mm512_add_epi8(place, _mm512_set1_epi8(2));
                const __m512i sixteen = _mm512_set1_epi8(16);
                low = _mm512_mask_add_epi8(
                    low, _mm512_test_epi8_mask(_mm512_shuffle_epi8(fifth, place), bits), low, sixteen);
                high = _mm512_mask_add_epi8(
                    high, _mm512_test_epi8_mask(_mm512_shuffle_epi8(fifth, next), bits), high, sixteen);
            }
            _mm512_store_si512(to + 64 * i, low);
            _mm512_store_si512(to + 256 + 64 * i, high);
        }
    }
}

// Makes a panel of `length` elements of `rows` rows that are w_size bytes apart; the last row stands for those missing.
WIDE INLINE void fill(int type, panel *to, const uint8_t *w, long w_size, long rows, long length) {
    const int in_run = type == Q6_K ? 2 : 1;
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
    const uint8_t *starts[HEIGHT];
    for (int row = 0; row < HEIGHT; row++) starts[row] = w + lesser(row, rows - 1) * w_size;
    if (block_elements(type) == RUN) {
        fill_runs(type, to->values, starts, length);
        return;
    }
    for (long start = 0; start < length; start += 256)
#pragma clang loop unroll(full)
        for (int step = 0; step < 256 / STEP; step++) {
            __m512i words[HEIGHT];
            for (int row = 0; row < HEIGHT; row++)
                words[row] = unpack_native(type, starts[row] + start / 256 * block_bytes(type), step);
            transpose(words);
            for (int i = 0; i < HEIGHT; i++)
                _mm512_store_si512(to->values + (start + STEP * step) * HEIGHT + 64 * i, words[i]);
        }
}

// The weights of the next panel, which are asked for while this one is applied: filling a panel reads 16 rows side by side, and
// the processor's own prefetching sees no pattern in that.
typedef struct {
    const uint8_t *at, *end;
} ahead;

// y of `count` rows of activations; `first` is where the panel begins in them.
WIDE INLINE void apply(float *y, long y_stride, const panel *from, const int8_t *x, long x_size, int count, int run,
                       long k, long first, long length, __mmask16 mask, int accumulate, const int fetches, ahead *next) {
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
        if (fetches) {
#pragma clang loop unroll(full)
            for (int i = 0; i < 4; i++) __builtin_prefetch(next->at + 64 * i);
            next->at += 256;
        }
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
                           long first, long length, long rows, int accumulate, ahead next) {
    const long size = packed_row(k);
    const __mmask16 mask = (__mmask16)((1u << rows) - 1);
#define APPLY(COUNT, RUN_LENGTH, FETCHES)                                                                              \
    apply(y, y_stride, from, x, size, COUNT, RUN_LENGTH, k, first, length, mask, accumulate, FETCHES, &next)
#define APPLY_FEW(COUNT)                                                                                               \
    case COUNT:                                                                                                        \
        if (run == RUN)                                                                                                \
            APPLY(COUNT, RUN, 1);                                                                                      \
        else                                                                                                           \
            APPLY(COUNT, SHORT_RUN, 1);                                                                                \
        break;
    for (; m > GROUP; m -= GROUP, x += GROUP * size, y += GROUP * y_stride) {
        if (run == RUN)
            next.at < next.end ? APPLY(GROUP, RUN, 1) : APPLY(GROUP, RUN, 0);
        else
            next.at < next.end ? APPLY(GROUP, SHORT_RUN, 1) : APPLY(GROUP, SHORT_RUN, 0);
    }
    switch (m) {
        APPLY_FEW(1) APPLY_FEW(2) APPLY_FEW(3) APPLY_FEW(4) APPLY_FEW(5) APPLY_FEW(6) APPLY_FEW(7) APPLY_FEW(8)
    }
#undef APPLY_FEW
#undef APPLY
}

#define PANELS_OF(TYPE)                                                                                              \
    WIDE static void TYPE##_panels(float *y, long y_stride, const uint8_t *w, long w_size, const int8_t *x, long m,  \
                                   long n, long k, int accumulate) {                                                 \
        panel made;                                                                                                  \
        for (long j = 0; j < n; j += HEIGHT)                                                                         \
            for (long first = 0; first < k; first += DEPTH) {                                                        \
                const long rows = lesser(HEIGHT, n - j), length = lesser(DEPTH, k - first);                          \
                /* Of the following rows the same share as what this panel is of these. */                           \
                const uint8_t *following = w + lesser(j + HEIGHT, n) * w_size;                                       \
                const long bytes = lesser(HEIGHT, n - lesser(j + HEIGHT, n)) * w_size;                               \
                const ahead next = {following + bytes * first / k, following + bytes * (first + length) / k};        \
                fill(TYPE, &made, w + j * w_size + first / block_elements(TYPE) * block_bytes(TYPE), w_size, rows,   \
                     length);                                                                                        \
                apply_all(y + j, y_stride, &made, x, m, TYPE == Q6_K ? SHORT_RUN : RUN, k, first, length, rows,      \
                          accumulate || first > 0, next);                                                            \
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
    calm_int8_rows(y, y_stride, w, type, x, m, n, k, accumulate, CALM_INT8_PORTABLE);
#endif
}
