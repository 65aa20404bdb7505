// Products of blocks of weights with NEON, which every arm64 processor has: the same integers as on the other paths.
#pragma once
#include "int8.h"

#if defined(__aarch64__)
#define HAS_NEON 1
#include <arm_neon.h>

// Sums of four neighbouring products of 16. Weights are signed or less than 64.
INLINE int32x4_t dot_sixteen(const uint8_t *w, const int8_t *x) {
    const int8x16_t a = vreinterpretq_s8_u8(vld1q_u8(w)), b = vld1q_s8(x);
    const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(a), vget_low_s8(b)));
    return vpaddq_s32(low, vpaddlq_s16(vmull_high_s8(a, b)));
}
#else
#define HAS_NEON 0
#endif
