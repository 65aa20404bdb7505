// Products of block-quantised weights with a few rows of activations packed as int8: products and sums of a run are exact
// integers, which the scales then turn into Float32.
//
// A sum has its lanes in a fixed order, and where multiplications are fused with additions is written out: it depends on its row
// of weights and its row of activations alone, and every path gives the same bits, compiled with optimisation or without.
#include "int8_avx2.h"
#include "int8_native.h"
#include "int8_neon.h"

#pragma clang fp reassociate(off) contract(off)

// Elements of a row whose scales are unpacked at a time; rows of activations that share the unpacking of weights.
// Bytes of weights that are asked for ahead, and of a page of memory.
enum { SEGMENT = 2048, MOST = 4, AHEAD = 2048, PAGE = 4096 };

// Asks for weights that follow `w`, of which `size` bytes are being read. The processor's own prefetching stops at the end of a
// page and doesn't know where the next one lies, so a line of that is asked for a page ahead.
INLINE void fetch(const uint8_t *w, long size) {
    if ((uintptr_t)w % PAGE < (uintptr_t)size) __builtin_prefetch(w + PAGE + 512);
    __builtin_prefetch(w + AHEAD);
}

INLINE float total(const lanes *sums) {
    const lanes v = *sums;
    typedef float eight __attribute__((vector_size(32)));
    typedef float four __attribute__((vector_size(16)));
    const eight a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    const four b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    return (b[0] + b[2]) + (b[1] + b[3]);
}

// sums += a b, rounded once.
#define ADD_PRODUCT(sums, a, b) ((sums) = __builtin_elementwise_fma(a, b, sums))

// Each of four numbers four times.
typedef float four __attribute__((vector_size(16), aligned(4)));
#define FOURFOLD(p)                                                                                                   \
    __builtin_shufflevector(*(const four *)(p), *(const four *)(p), 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)

// The scales and minima of a segment of a row of weights, as Float32: w = scale q + minimum, q being what UNPACK gives.
INLINE void scales_portable(int type, float *scales, float *minima, const uint8_t *w, long runs) {
    const int block = block_bytes(type);
    if (type == Q6_K) {
        for (long r = 0; r < runs; r += 8, w += block) {
            const float d = from_half(half_bits(w + 208));
            for (int i = 0; i < 16; i++) {
                scales[2 * r + i] = d * (float)(int8_t)w[192 + i];
                minima[2 * r + i] = -32 * scales[2 * r + i];
            }
        }
    } else if (type == Q4_K || type == Q5_K) {
        for (long r = 0; r < runs; r += 8, w += block) {
            const float d = from_half(half_bits(w)), least = from_half(half_bits(w + 2));
            uint8_t parts[16];
            scales_and_minima(parts, w + 4);
            for (int i = 0; i < 8; i++) {
                scales[r + i] = d * (float)parts[i];
                minima[r + i] = -least * (float)parts[8 + i];
            }
        }
    } else {
        for (long r = 0; r < runs; r++) {
            const float d = from_half(half_bits(w + block * r));
            scales[r] = d;
            minima[r] = type == Q4_1 || type == Q5_1 ? from_half(half_bits(w + block * r + 2))
                        : type == Q4_0               ? -8 * d
                        : type == Q5_0               ? -16 * d
                                                     : 0;
        }
    }
}

typedef struct {
    uint8_t values[STEP];
} values;

// The elements of a step, in order; Q8_0's are signed.
INLINE values unpack_portable(int type, const uint8_t *w, long step) {
    values v;
    switch (type) {
        case Q8_0:
            for (int i = 0; i < STEP; i++) v.values[i] = w[2 + i + i / 32 * 2];
            break;
        case Q4_0: case Q4_1: case Q5_0: case Q5_1:
            for (int half = 0; half < 2; half++, w += block_bytes(type)) {
                const uint8_t *nibbles = w + block_bytes(type) - 16;
                const uint32_t fifth = type == Q5_0 ? word_bits(w + 2) : type == Q5_1 ? word_bits(w + 4) : 0;
                for (int i = 0; i < 16; i++) {
                    v.values[32 * half + i] = (nibbles[i] & 15) | (fifth >> i & 1) << 4;
                    v.values[32 * half + 16 + i] = nibbles[i] >> 4 | (fifth >> (16 + i) & 1) << 4;
                }
            }
            break;
        case Q4_K: case Q5_K: {
            const uint8_t *nibbles = w + (type == Q4_K ? 16 : 48) + 32 * step, *fifth = w + 16;
            for (int i = 0; i < 32; i++) {
                v.values[i] = (nibbles[i] & 15) | (type == Q5_K ? (fifth[i] >> 2 * step & 1) << 4 : 0);
                v.values[32 + i] = nibbles[i] >> 4 | (type == Q5_K ? (fifth[i] >> (2 * step + 1) & 1) << 4 : 0);
            }
            break;
        }
        case Q6_K: {
            const uint8_t *low = w + 64 * (step / 2), *high = w + 128 + 32 * (step / 2);
            const int shift = 4 * (step % 2);
            for (int i = 0; i < STEP; i++)
                v.values[i] = (low[i] >> shift & 15) | (high[i % 32] >> (shift + i / 32 * 2) & 3) << 4;
            break;
        }
    }
    return v;
}

INLINE void dot_portable(lanes *result, int type, values w, const int8_t *x) {
#if HAS_NEON
    for (int i = 0; i < LANES; i += 4) vst1q_f32((float *)result + i, vcvtq_f32_s32(dot_sixteen(w.values + 4 * i, x + 4 * i)));
    (void)type;  // all weights are read as signed
#else
    for (int i = 0; i < LANES; i++) {
        int sum = 0;
        for (int j = 4 * i; j < 4 * i + 4; j++)
            sum += (type == Q8_0 ? (int)(int8_t)w.values[j] : (int)w.values[j]) * x[j];
        (*result)[i] = (float)sum;
    }
#endif
}

typedef struct {
    values first, second;
} pair_portable;

INLINE pair_portable unpack_four_portable(int type, const uint8_t *w) {
    const values both[2] = {unpack_portable(type, w, 0), unpack_portable(type, w + 2 * block_bytes(type), 0)};
    pair_portable v;
    for (int i = 0; i < STEP; i++) {
        const uint8_t *run = both[i / 32].values + i / 16 % 2 * RUN;
        v.first.values[i] = run[i % 16];
        v.second.values[i] = run[16 + i % 16];
    }
    return v;
}

INLINE void dot_four_portable(lanes *result, pair_portable w, const int8_t *x) {
#if HAS_NEON
    for (int i = 0; i < LANES; i += 4) {
        const int32x4_t first = dot_sixteen(w.first.values + 4 * i, x + 4 * i);
        const int32x4_t second = dot_sixteen(w.second.values + 4 * i, x + STEP + 4 * i);
        vst1q_f32((float *)result + i, vcvtq_f32_s32(vaddq_s32(first, second)));
    }
#else
    for (int i = 0; i < LANES; i++) {
        int sum = 0;
        for (int j = 4 * i; j < 4 * i + 4; j++) sum += w.first.values[j] * x[j] + w.second.values[j] * x[STEP + j];
        (*result)[i] = (float)sum;
    }
#endif
}

#define NAME(WHAT) WHAT##_portable
#define FUNCTION(NAME, PARAMETERS, ARGUMENTS) STATIC_KERNEL(void, NAME, PARAMETERS, ARGUMENTS)
#define INNER INLINE
#define VALUES values
#define SCALES scales_portable
#define UNPACK unpack_portable
#define DOT dot_portable
#define PAIR pair_portable
#define UNPACK_FOUR unpack_four_portable
#define DOT_FOUR dot_four_portable
#include "int8_rows.h"
#undef NAME
#undef FUNCTION
#undef INNER
#undef VALUES
#undef SCALES
#undef UNPACK
#undef DOT
#undef PAIR
#undef UNPACK_FOUR
#undef DOT_FOUR

#if HAS_AVX2
#define NAME(WHAT) WHAT##_avx2
#define FUNCTION(NAME, PARAMETERS, ARGUMENTS) NARROW static void NAME PARAMETERS
#define INNER NARROW INLINE
#define VALUES values_avx2
#define SCALES scales_avx2
#define UNPACK unpack_avx2
#define DOT dot_avx2
#define PAIR pair_avx2
#define UNPACK_FOUR unpack_four_avx2
#define DOT_FOUR dot_four_avx2
#include "int8_rows.h"
#undef NAME
#undef FUNCTION
#undef INNER
#undef VALUES
#undef SCALES
#undef UNPACK
#undef DOT
#undef PAIR
#undef UNPACK_FOUR
#undef DOT_FOUR
#endif

#if HAS_INT8
#define NAME(WHAT) WHAT##_native
#define FUNCTION(NAME, PARAMETERS, ARGUMENTS) WIDE static void NAME PARAMETERS
#define INNER WIDE INLINE
#define VALUES __m512i
#define SCALES scales_native
#define UNPACK unpack_native
#define DOT dot_native
#define PAIR pair_native
#define UNPACK_FOUR unpack_four_native
#define DOT_FOUR dot_four_native
#include "int8_rows.h"
#endif

int calm_int8_path(void) {
#if HAS_INT8
    __builtin_cpu_init();
    if (calm_width == ALL_EXTENSIONS && __builtin_cpu_supports("avx512vnni")) return CALM_INT8_VNNI;
    if (calm_width >= X86_64_V3) return CALM_INT8_AVX2;
#endif
    return HAS_NEON ? CALM_INT8_NEON : CALM_INT8_PORTABLE;
}

void calm_int8_rows(float *y, long y_stride, const uint8_t *w, int type, const int8_t *x, long m, long n, long k,
                    int accumulate, int path) {
    const long size = k / block_elements(type) * block_bytes(type);
    switch (type) {
#if HAS_INT8
#define PRODUCT(TYPE)                                                                                          \
    case TYPE:                                                                                                 \
        (path == CALM_INT8_VNNI ? TYPE##_native : path == CALM_INT8_AVX2 ? TYPE##_avx2 : TYPE##_portable)(     \
            y, y_stride, w, size, x, m, n, k, accumulate);                                                     \
        break;
#else
#define PRODUCT(TYPE)                                                  \
    case TYPE:                                                         \
        TYPE##_portable(y, y_stride, w, size, x, m, n, k, accumulate); \
        break;
#endif
        EACH_TYPE(PRODUCT)
    }
#undef PRODUCT
    (void)path;  // used where there are several
}
