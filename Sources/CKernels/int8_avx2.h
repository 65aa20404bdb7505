// Blocks of weights as vectors, for processors with AVX2 and no int8 products of four neighbours.
//
// Two products of a weight (of at most 6 bits, or a magnitude of at most 128) and an activation fit in 16 bits, so sums of four
// neighbours are the integers that the other paths have.
#pragma once
#include "int8.h"

#if defined(__x86_64__) && defined(__linux__)
#define HAS_AVX2 1
#include <immintrin.h>
#define NARROW __attribute__((target("avx2,fma,f16c")))

// The elements of a step in order: two runs.
typedef struct {
    __m256i runs[2];
} values_avx2;

NARROW INLINE float half_avx2(const uint8_t *p) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half_bits(p)))); }

NARROW INLINE void scales_avx2(int type, float *scales, float *minima, const uint8_t *w, long runs) {
    const int size = block_bytes(type);
    if (block_elements(type) == RUN) {
        for (long r = 0; r < runs; r++, w += size) {
            const float d = half_avx2(w);
            scales[r] = d;
            minima[r] = type == Q4_1 || type == Q5_1 ? half_avx2(w + 2) : type == Q4_0 ? -8 * d : type == Q5_0 ? -16 * d : 0;
        }
        return;
    }
    for (long r = 0; r < runs; r += 8, w += size) {
        uint8_t parts[16];
        if (type == Q6_K)
            memcpy(parts, w + 192, 16);
        else
            scales_and_minima(parts, w + 4);
        const __m128i both = _mm_loadu_si128((const __m128i *)parts), rest = _mm_srli_si128(both, 8);
        if (type == Q6_K) {
            const __m256 d = _mm256_set1_ps(half_avx2(w + 208)), offset = _mm256_set1_ps(-32);
            const __m256 low = _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(both)));
            const __m256 high = _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(rest)));
            _mm256_storeu_ps(scales + 2 * r, low);
            _mm256_storeu_ps(scales + 2 * r + 8, high);
            _mm256_storeu_ps(minima + 2 * r, _mm256_mul_ps(offset, low));
            _mm256_storeu_ps(minima + 2 * r + 8, _mm256_mul_ps(offset, high));
        } else {
            const __m256 d = _mm256_set1_ps(half_avx2(w)), least = _mm256_set1_ps(-half_avx2(w + 2));
            _mm256_storeu_ps(scales + r, _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(both))));
            _mm256_storeu_ps(minima + r, _mm256_mul_ps(least, _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(rest))));
        }
    }
}

// 16 in each byte whose bit is set.
NARROW INLINE __m256i sixteens(uint32_t bits) {
    const __m256i places = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3,
                                            3, 3, 3, 3);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    const __m256i mine = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32((int)bits), places), bit);
    return _mm256_and_si256(_mm256_cmpeq_epi8(mine, bit), _mm256_set1_epi8(16));
}

// `mask` of each byte, shifted to the right by `shift` first.
NARROW INLINE __m256i bits_of(__m256i v, int shift, int mask) {
    return _mm256_and_si256(_mm256_srl_epi16(v, _mm_cvtsi32_si128(shift)), _mm256_set1_epi8((char)mask));
}

NARROW INLINE __m256i load_run(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

NARROW INLINE values_avx2 unpack_avx2(int type, const uint8_t *w, long step) {
    values_avx2 v;
    const int size = block_bytes(type);
    for (int run = 0; run < 2; run++) switch (type) {
            case Q8_0: v.runs[run] = load_run(w + 34 * run + 2); break;
            case Q4_0: case Q4_1: case Q5_0: case Q5_1: {
                const __m128i nibbles = _mm_loadu_si128((const __m128i *)(w + size * (run + 1) - 16));
                v.runs[run] = bits_of(_mm256_set_m128i(_mm_srli_epi16(nibbles, 4), nibbles), 0, 15);
                if (type == Q5_0 || type == Q5_1)
                    v.runs[run] = _mm256_or_si256(v.runs[run], sixteens(word_bits(w + size * (run + 1) - 20)));
                break;
            }
            case Q4_K: case Q5_K:
                v.runs[run] = bits_of(load_run(w + (type == Q4_K ? 16 : 48) + 32 * step), 4 * run, 15);
                if (type == Q5_K)
                    v.runs[run] = _mm256_or_si256(
                        v.runs[run], _mm256_slli_epi16(bits_of(load_run(w + 16), 2 * (int)step + run, 1), 4));
                break;
            default: {
                const int shift = 4 * (int)(step % 2);
                const __m256i high = bits_of(load_run(w + 128 + 32 * (step / 2)), shift + 2 * run, 3);
                v.runs[run] = _mm256_or_si256(
                    bits_of(load_run(w + 64 * (step / 2) + 32 * run), shift, 15), _mm256_slli_epi16(high, 4));
            }
        }
    return v;
}

typedef struct {
    values_avx2 first, second;
} pair_avx2;

// Four blocks with nibbles: the first halves of their runs and the second halves.
NARROW INLINE pair_avx2 unpack_four_avx2(int type, const uint8_t *w) {
    const int size = block_bytes(type);
    pair_avx2 v;
    for (int i = 0; i < 2; i++, w += 2 * size) {
        const __m256i nibbles = _mm256_set_m128i(
            _mm_loadu_si128((const __m128i *)(w + 2 * size - 16)), _mm_loadu_si128((const __m128i *)(w + size - 16)));
        v.first.runs[i] = bits_of(nibbles, 0, 15);
        v.second.runs[i] = bits_of(nibbles, 4, 15);
        if (type == Q5_0 || type == Q5_1) {
            const uint32_t one = word_bits(w + size - 20), other = word_bits(w + 2 * size - 20);
            v.first.runs[i] = _mm256_or_si256(v.first.runs[i], sixteens((one & 0xffff) | other << 16));
            v.second.runs[i] = _mm256_or_si256(v.second.runs[i], sixteens(one >> 16 | (other & 0xffff0000)));
        }
    }
    return v;
}

NARROW INLINE void dot_four_avx2(lanes *result, pair_avx2 w, const int8_t *x) {
    for (int i = 0; i < 2; i++) {
        const __m256i first = _mm256_maddubs_epi16(w.first.runs[i], _mm256_loadu_si256((const __m256i *)(x + 32 * i)));
        const __m256i second =
            _mm256_maddubs_epi16(w.second.runs[i], _mm256_loadu_si256((const __m256i *)(x + STEP + 32 * i)));
        const __m256i sums = _mm256_madd_epi16(_mm256_add_epi16(first, second), _mm256_set1_epi16(1));
        _mm256_storeu_ps((float *)result + 8 * i, _mm256_cvtepi32_ps(sums));
    }
}

NARROW INLINE void dot_avx2(lanes *result, int type, values_avx2 w, const int8_t *x) {
    for (int i = 0; i < 2; i++) {
        __m256i values = _mm256_loadu_si256((const __m256i *)(x + 32 * i)), run = w.runs[i];
        if (type == Q8_0) {
            // The sign goes over to the other factor, the first being unsigned.
            values = _mm256_sign_epi8(values, run);
            run = _mm256_abs_epi8(run);
        }
        const __m256i sums = _mm256_madd_epi16(_mm256_maddubs_epi16(run, values), _mm256_set1_epi16(1));
        _mm256_storeu_ps((float *)result + 8 * i, _mm256_cvtepi32_ps(sums));
    }
}
#else
#define HAS_AVX2 0
#endif
