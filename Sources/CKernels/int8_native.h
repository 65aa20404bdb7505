// Blocks of weights as vectors, for processors with int8 products of their own (AVX512-VNNI).
#pragma once
#include "int8.h"

#if defined(__x86_64__) && defined(__linux__)
#define HAS_INT8 1
#include <immintrin.h>
#define WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma,f16c")))

// The first four bytes of up to four blocks, zero behind the last.
WIDE INLINE __m128i four_heads(const uint8_t *w, int size, long blocks) {
    if (blocks <= 0) return _mm_setzero_si128();
    int32_t a = 0, b = 0, c = 0, d = 0;
    memcpy(&a, w, 4);
    if (blocks > 1) memcpy(&b, w + size, 4);
    if (blocks > 2) memcpy(&c, w + 2 * size, 4);
    if (blocks > 3) memcpy(&d, w + 3 * size, 4);
    return _mm_set_epi32(d, c, b, a);
}

// The first 16 bits of each of 16 blocks, then the second 16 bits of each.
WIDE INLINE __m512i sixteen_heads(const uint8_t *w, int size) {
    uint16_t places[32];
#pragma clang loop unroll(full)
    for (int i = 0; i < 32; i++) places[i] = (uint16_t)((size / 2 * (i % 16) + i / 16) % 32);
    const __m512i place = _mm512_loadu_si512(places);
    __m512i heads = _mm512_setzero_si512();
#pragma clang loop unroll(full)
    for (int vector = 0; vector < (16 * size + 63) / 64; vector++) {
        __mmask32 here = 0;
#pragma clang loop unroll(full)
        for (int i = 0; i < 32; i++)
            if ((size / 2 * (i % 16) + i / 16) / 32 == vector) here |= (__mmask32)1 << i;
        const int bytes = 16 * size - 64 * vector;
        const __m512i words = bytes >= 64 ? _mm512_loadu_si512(w + 64 * vector)
                                          : _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(w + 64 * vector)));
        heads = _mm512_mask_permutexvar_epi16(heads, here, place, words);
    }
    return heads;
}

// In whole vectors: pieces of them would have to reach memory before they can be read as one.
WIDE INLINE void scales_native(int type, float *scales, float *minima, const uint8_t *w, long runs) {
    const int size = block_bytes(type);
    if (type == Q6_K) {
        for (long r = 0; r < runs; r += 8, w += size) {
            const __m512 parts = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(w + 192))));
            const __m512 found = _mm512_mul_ps(_mm512_set1_ps(from_half(half_bits(w + 208))), parts);
            _mm512_storeu_ps(scales + 2 * r, found);
            _mm512_storeu_ps(minima + 2 * r, _mm512_mul_ps(_mm512_set1_ps(-32), found));
        }
        return;
    }
    if (type == Q4_K || type == Q5_K) {
        for (long r = 0; r < runs; r += 16, w += 2 * size) {
            __m512 two[2];
            for (int i = 0; i < 2; i++) {
                two[i] = _mm512_setzero_ps();
                if (r + 8 * i >= runs) break;
                uint8_t parts[16];
                scales_and_minima(parts, w + i * size + 4);
                const __m512 numbers = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)parts)));
                const __m256 d = _mm256_set1_ps(from_half(half_bits(w + i * size)));
                const __m256 least = _mm256_set1_ps(-from_half(half_bits(w + i * size + 2)));
                two[i] = _mm512_mul_ps(_mm512_insertf32x8(_mm512_castps256_ps512(d), least, 1), numbers);
            }
            _mm512_storeu_ps(scales + r, _mm512_shuffle_f32x4(two[0], two[1], 0x44));
            _mm512_storeu_ps(minima + r, _mm512_shuffle_f32x4(two[0], two[1], 0xee));
        }
        return;
    }
    long r = 0;
    if (type != Q8_0)
        for (; r + 16 <= runs; r += 16, w += 16 * size) {
            const __m512i heads = sixteen_heads(w, size);
            const __m512 first = _mm512_cvtph_ps(_mm512_castsi512_si256(heads));
            _mm512_storeu_ps(scales + r, first);
            if (type == Q4_1 || type == Q5_1)
                _mm512_storeu_ps(minima + r, _mm512_cvtph_ps(_mm512_extracti64x4_epi64(heads, 1)));
            else
                _mm512_storeu_ps(minima + r, _mm512_mul_ps(first, _mm512_set1_ps(type == Q4_0 ? -8 : -16)));
        }
    for (; r < runs; r += 16, w += 16 * size) {
        __m512i heads = _mm512_castsi128_si512(four_heads(w, size, runs - r));
        heads = _mm512_inserti32x4(heads, four_heads(w + 4 * size, size, runs - r - 4), 1);
        heads = _mm512_inserti32x4(heads, four_heads(w + 8 * size, size, runs - r - 8), 2);
        heads = _mm512_inserti32x4(heads, four_heads(w + 12 * size, size, runs - r - 12), 3);
        const __m512 first = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(heads));
        _mm512_storeu_ps(scales + r, first);
        if (type == Q4_1 || type == Q5_1)
            _mm512_storeu_ps(minima + r, _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(heads, 16))));
        else if (type != Q8_0)
            _mm512_storeu_ps(minima + r, _mm512_mul_ps(first, _mm512_set1_ps(type == Q4_0 ? -8 : -16)));
    }
}

WIDE INLINE __m512i shifted(__m512i v, int low, int high) {
    return _mm512_srlv_epi16(v, _mm512_inserti64x4(_mm512_set1_epi16(low), _mm256_set1_epi16(high), 1));
}

WIDE INLINE __m512i unpack_native(int type, const uint8_t *w, long step) {
    const __m512i four_bits = _mm512_set1_epi8(15);
    switch (type) {
        case Q8_0:
            return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(w + 2))),
                                      _mm256_loadu_si256((const __m256i *)(w + 36)), 1);
        case Q4_0: case Q4_1: case Q5_0: case Q5_1: {
            const int size = block_bytes(type);
            const __m512i first = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(w + size - 16)));
            const __m512i both = _mm512_mask_broadcast_i32x4(
                first, 0xff00, _mm_loadu_si128((const __m128i *)(w + 2 * size - 16)));
            const __m512i shifts = _mm512_set_epi64(0x0004000400040004, 0x0004000400040004, 0, 0, 0x0004000400040004,
                                                    0x0004000400040004, 0, 0);
            const __m512i v = _mm512_and_si512(_mm512_srlv_epi16(both, shifts), four_bits);
            if (type == Q4_0 || type == Q4_1) return v;
            uint32_t low, high;
            memcpy(&low, w + size - 20, 4);
            memcpy(&high, w + 2 * size - 20, 4);
            return _mm512_mask_add_epi8(v, (uint64_t)high << 32 | low, v, _mm512_set1_epi8(16));
        }
        case Q4_K: case Q5_K: {
            const uint8_t *nibbles = w + (type == Q4_K ? 16 : 48) + 32 * step;
            const __m512i both = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)nibbles));
            const __m512i v = _mm512_and_si512(shifted(both, 0, 4), four_bits);
            if (type == Q4_K) return v;
            const __m512i fifth = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(w + 16)));
            const __m512i bit = _mm512_set1_epi8(1);
            const __m512i set = _mm512_and_si512(shifted(fifth, (int)(2 * step), (int)(2 * step + 1)), bit);
            return _mm512_or_si512(v, _mm512_slli_epi16(set, 4));
        }
        default: {
            const int shift = 4 * (int)(step % 2);
            const __m512i low = _mm512_loadu_si512(w + 64 * (step / 2));
            const __m512i high = _mm512_broadcast_i64x4(
                _mm256_loadu_si256((const __m256i *)(w + 128 + 32 * (step / 2))));
            const __m512i two_bits = _mm512_set1_epi8(3);
            return _mm512_or_si512(
                _mm512_and_si512(_mm512_srl_epi16(low, _mm_cvtsi32_si128(shift)), four_bits),
                _mm512_slli_epi16(_mm512_and_si512(shifted(high, shift, shift + 2), two_bits), 4));
        }
    }
}

typedef struct {
    __m512i first, second;
} pair_native;

// Four blocks with nibbles: the first halves of their runs and the second halves.
WIDE INLINE pair_native unpack_four_native(int type, const uint8_t *w) {
    const int size = block_bytes(type);
    __m512i nibbles = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(w + size - 16)));
    nibbles = _mm512_inserti32x4(nibbles, _mm_loadu_si128((const __m128i *)(w + 2 * size - 16)), 1);
    nibbles = _mm512_inserti32x4(nibbles, _mm_loadu_si128((const __m128i *)(w + 3 * size - 16)), 2);
    nibbles = _mm512_inserti32x4(nibbles, _mm_loadu_si128((const __m128i *)(w + 4 * size - 16)), 3);
    const __m512i four_bits = _mm512_set1_epi8(15);
    pair_native v = {_mm512_and_si512(nibbles, four_bits),
                     _mm512_and_si512(_mm512_srli_epi16(nibbles, 4), four_bits)};
    if (type == Q5_0 || type == Q5_1) {
        uint64_t low = 0, high = 0;
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
            low |= (uint64_t)half_bits(w + (i + 1) * size - 20) << 16 * i;
            high |= (uint64_t)half_bits(w + (i + 1) * size - 18) << 16 * i;
        }
        v.first = _mm512_mask_add_epi8(v.first, low, v.first, _mm512_set1_epi8(16));
        v.second = _mm512_mask_add_epi8(v.second, high, v.second, _mm512_set1_epi8(16));
    }
    return v;
}

WIDE INLINE void dot_four_native(lanes *result, pair_native w, const int8_t *x) {
    const __m512i half = _mm512_dpbusd_epi32(_mm512_setzero_si512(), w.first, _mm512_loadu_si512(x));
    *result = (lanes)_mm512_cvtepi32_ps(_mm512_dpbusd_epi32(half, w.second, _mm512_loadu_si512(x + STEP)));
}

WIDE INLINE void dot_native(lanes *result, int type, __m512i w, const int8_t *x) {
    __m512i values = _mm512_loadu_si512(x);
    if (type == Q8_0) {
        // The sign goes over to the other factor, the first being unsigned.
        values = _mm512_mask_sub_epi8(values, _mm512_movepi8_mask(w), _mm512_setzero_si512(), values);
        w = _mm512_abs_epi8(w);
    }
    *result = (lanes)_mm512_cvtepi32_ps(_mm512_dpbusd_epi32(_mm512_setzero_si512(), w, values));
}
#else
#define HAS_INT8 0
#endif
