// How stored elements are read: halves and words in bytes of any alignment.
#pragma once
#include "kernels.h"
#include <string.h>

INLINE uint16_t half_bits(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
INLINE uint32_t word_bits(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

INLINE float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// Exact for every half, subnormal ones too. Without branches, so that a row of them is converted in vectors.
INLINE float from_half(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = half & 0x7fff;
    // Normal numbers: the exponent's bias changes from 15 to 127. Infinity and NaN: the exponent becomes 255.
    const uint32_t normal = (rest << 13) + (rest >= 0x7c00 ? 0x70000000u : 0x38000000u);
    // Subnormal numbers are multiples of 2^-24.
    uint32_t small;
    const float value = (float)(int32_t)rest * 0x1p-24f;
    memcpy(&small, &value, 4);
    return float_of(sign | (rest < 0x400 ? small : normal));
}
