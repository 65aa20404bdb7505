// Rounding Float32 operands to bfloat16 while laying them out as the product reads them.
#include "CKernels.h"
#include "bfloat.h"

long calm_bf16_packed_a(long m, long k) { return panels_of(m, ROWS) * ROWS * pairs_of(k); }
long calm_bf16_packed_b(long k, long n) { return panels_of(n, COLUMNS) * COLUMNS * pairs_of(k); }

// To nearest, ties to even; subnormal numbers become zero and NaN stays NaN, as in VCVTNE2PS2BF16.
INLINE uint32_t rounded(float x) {
    const union {
        float value;
        uint32_t bits;
    } u = {x};
    const uint32_t magnitude = u.bits & 0x7fffffffu, sign = u.bits >> 16 & 0x8000u;
    const uint32_t nearest = (u.bits + 0x7fffu + (u.bits >> 16 & 1)) >> 16;
    return magnitude > 0x7f800000u ? u.bits >> 16 | 0x40u : magnitude < 0x00800000u ? sign : nearest;
}

// One panel: element (i, l) of the operand, i along k and l along the panel, is from[i * k_step + l * step].
STATIC_KERNEL(void, pack_panel_portable,
              (uint32_t *restrict to, const float *restrict from, long k_step, long step, long k, long count, long size),
              (to, from, k_step, step, k, count, size)) {
    for (long p = 0; p < pairs_of(k); p++)
        for (long l = 0; l < size; l++) {
            const float *x = from + 2 * p * k_step + l * step;
            const uint32_t low = l < count ? rounded(x[0]) : 0;
            const uint32_t high = l < count && 2 * p + 1 < k ? rounded(x[k_step]) : 0;
            to[p * size + l] = high << 16 | low;
        }
}

static void pack_portable(uint32_t *to, const float *from, long k_step, long step, long k, long n, long size) {
    for (long i = 0; i < n; i += size)
        pack_panel_portable(to + i * pairs_of(k), from + i * step, k_step, step, k, lesser(size, n - i), size);
}

#if HAS_NATIVE
// rows[i] lane j <-> rows[j] lane i.
NATIVE_INLINE void transpose(__m512i rows[16]) {
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        rows[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        rows[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        rows[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        rows[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xdd);
    }
    for (int i = 0; i < 8; i++) {
        rows[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        rows[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    }
}

// `count` of at most `size` (<= 16) rows that lie along k, to lanes of a panel whose pairs are `stride` apart.
NATIVE_INLINE void pack_along_native(uint32_t *to, long stride, const float *from, long row_step, long k, long count,
                                     int size) {
    const __mmask16 lanes = first_lanes(size);
    for (long i = 0; i < k; i += 32) {
        __m512i rows[16];
        if (k - i >= 32 && count == size) {
            for (int l = 0; l < 16; l++) {
                const float *x = from + l * row_step + i;
                rows[l] = l < size ? (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + 16), _mm512_loadu_ps(x))
                                   : _mm512_setzero_si512();
            }
        } else {
            const __mmask16 low = first_lanes(k - i), high = first_lanes(k - i - 16);
            for (int l = 0; l < 16; l++) {
                const float *x = from + l * row_step + i;
                rows[l] = l < count ? (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, x + 16),
                                                                   _mm512_maskz_loadu_ps(low, x))
                                    : _mm512_setzero_si512();
            }
        }
        transpose(rows);
        uint32_t *out = to + i / 2 * stride;
        const long pairs = lesser(16, pairs_of(k - i));
        if (pairs == 16)
            for (int p = 0; p < 16; p++) _mm512_mask_storeu_epi32(out + p * stride, lanes, rows[p]);
        else
            for (int p = 0; p < 16; p++)
                if (p < pairs) _mm512_mask_storeu_epi32(out + p * stride, lanes, rows[p]);
    }
}

// Pairs [first, end) of `count` of at most `size` (<= 16) columns that lie across k.
NATIVE_INLINE void pack_across_native(uint32_t *to, long stride, const float *from, long k_step, long first, long end,
                                      long k, long count, int size) {
    const __m512i interleaved = _mm512_set_epi32(
        0x1f000f, 0x1e000e, 0x1d000d, 0x1c000c, 0x1b000b, 0x1a000a, 0x190009, 0x180008, 0x170007, 0x160006,
        0x150005, 0x140004, 0x130003, 0x120002, 0x110001, 0x100000);
    const __mmask16 there = first_lanes(count), lanes = first_lanes(size);
    for (long p = first; p < end; p++) {
        const float *x = from + 2 * p * k_step;
        const __m512 low = _mm512_maskz_loadu_ps(there, x);
        const __m512 high = 2 * p + 1 < k ? _mm512_maskz_loadu_ps(there, x + k_step) : _mm512_setzero_ps();
        const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(high, low);
        _mm512_mask_storeu_epi32(to + p * stride, lanes, _mm512_permutexvar_epi16(interleaved, both));
    }
}

// Pairs of rows across k that are read for all panels before the next ones: enough to write whole lines in a row, few
// enough that the rows are streams to the prefetcher.
enum { STRIP = 8 };

NATIVE static void pack_a_native(uint32_t *to, const float *a, long stride, long m, long k, int transposed) {
    const long pairs = pairs_of(k);
    if (!transposed) {
        for (long i = 0; i < m; i += ROWS)
            pack_along_native(to + i * pairs, ROWS, a + i * stride, stride, k, lesser(ROWS, m - i), ROWS);
    } else {
        for (long p = 0; p < pairs; p += STRIP)
            for (long i = 0; i < m; i += ROWS)
                pack_across_native(to + i * pairs, ROWS, a + i, stride, p, lesser(p + STRIP, pairs), k, m - i, ROWS);
    }
}

NATIVE static void pack_b_native(uint32_t *to, const float *b, long k, long n, int transposed) {
    const long pairs = pairs_of(k), padded = panels_of(n, COLUMNS) * COLUMNS;
    if (transposed) {
        for (long j = 0; j < padded; j += 16)
            pack_along_native(to + j / COLUMNS * COLUMNS * pairs + j % COLUMNS, COLUMNS, b + j * k, k, k,
                              lesser(16, n - j), 16);
    } else {
        for (long p = 0; p < pairs; p += STRIP)
            for (long j = 0; j < padded; j += 16)
                pack_across_native(to + j / COLUMNS * COLUMNS * pairs + j % COLUMNS, COLUMNS, b + j, n, p,
                                   lesser(p + STRIP, pairs), k, n - j, 16);
    }
}
#endif

void calm_bf16_pack_a(uint32_t *to, const float *a, long stride, long m, long k, int transposed, int native) {
#if HAS_NATIVE
    if (native) {
        pack_a_native(to, a, stride, m, k, transposed);
        return;
    }
#endif
    (void)native;  // used where there is a native path
    pack_portable(to, a, transposed ? stride : 1, transposed ? 1 : stride, k, m, ROWS);
}

void calm_bf16_pack_b(uint32_t *to, const float *b, long k, long n, int transposed, int native) {
#if HAS_NATIVE
    if (native) {
        pack_b_native(to, b, k, n, transposed);
        return;
    }
#endif
    (void)native;
    pack_portable(to, b, transposed ? 1 : n, transposed ? k : 1, k, n, COLUMNS);
}
