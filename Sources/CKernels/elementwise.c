#include "CKernels.h"
#include "kernels.h"

KERNEL(void, calm_add, (float *restrict y, const float *restrict x, long n), (y, x, n)) {
    for (long i = 0; i < n; i++) y[i] += x[i];
}

KERNEL(void, calm_sum, (float *restrict y, const float *restrict a, const float *restrict b, long n), (y, a, b, n)) {
    for (long i = 0; i < n; i++) y[i] = a[i] + b[i];
}

KERNEL(void, calm_axpy, (float *restrict y, const float *restrict x, float a, long n), (y, x, a, n)) {
    for (long i = 0; i < n; i++) y[i] += a * x[i];
}

KERNEL(void, calm_scale, (float *y, const float *x, float a, long n), (y, x, a, n)) {
    for (long i = 0; i < n; i++) y[i] = a * x[i];
}

KERNEL(void, calm_lerp, (float *restrict y, const float *restrict x, float keep, long n), (y, x, keep, n)) {
    for (long i = 0; i < n; i++) y[i] = keep * y[i] + (1.0f - keep) * x[i];
}

KERNEL(double, calm_sum_of_squares, (const float *x, long n), (x, n)) {
    // Short runs in fp32, summed in fp64: as exact as the sum needs and still vectorised.
    double total = 0;
    for (long start = 0; start < n; start += 256) {
        const long end = start + 256 < n ? start + 256 : n;
        sum_t part = 0;
        for (long i = start; i < end; i++) part += x[i] * x[i];
        total += part;
    }
    return total;
}

KERNEL(void, calm_bias_forward,
       (float *restrict y, const float *restrict bias, long rows, long columns),
       (y, bias, rows, columns)) {
    for (long r = 0; r < rows; r++)
        for (long c = 0; c < columns; c++) y[r * columns + c] += bias[c];
}

KERNEL(void, calm_bias_backward,
       (float *restrict gradient, const float *restrict dy, long rows, long columns),
       (gradient, dy, rows, columns)) {
    for (long r = 0; r < rows; r++)
        for (long c = 0; c < columns; c++) gradient[c] += dy[r * columns + c];
}

INLINE float gelu_gate(float x) { return 1.0f / (1.0f + calm_exp(-1.5957691216f * (x + 0.044715f * x * x * x))); }

KERNEL(void, calm_gelu_forward, (float *restrict y, const float *restrict x, long n), (y, x, n)) {
    for (long i = 0; i < n; i++) y[i] = x[i] * gelu_gate(x[i]);
}

INLINE float gelu_slope(float x) {
    const float s = gelu_gate(x);
    return s + x * s * (1.0f - s) * 1.5957691216f * (1.0f + 0.134145f * x * x);
}

KERNEL(void, calm_gelu_backward,
       (float *restrict dx, const float *restrict x, const float *restrict dy, long n, int accumulate),
       (dx, x, dy, n, accumulate)) {
    if (accumulate)
        for (long i = 0; i < n; i++) dx[i] += dy[i] * gelu_slope(x[i]);
    else
        for (long i = 0; i < n; i++) dx[i] = dy[i] * gelu_slope(x[i]);
}

INLINE float silu(float x) { return x / (1.0f + calm_exp(-x)); }

INLINE float silu_slope(float x) {
    const float s = 1.0f / (1.0f + calm_exp(-x));
    return s + x * s * (1.0f - s);
}

KERNEL(void, calm_gated_forward,
       (float *restrict y, const float *restrict x, long rows, long columns, int gelu),
       (y, x, rows, columns, gelu)) {
    for (long r = 0; r < rows; r++) {
        const float *gate = x + 2 * r * columns, *value = gate + columns;
        float *out = y + r * columns;
        if (gelu)
            for (long c = 0; c < columns; c++) out[c] = gate[c] * gelu_gate(gate[c]) * value[c];
        else
            for (long c = 0; c < columns; c++) out[c] = silu(gate[c]) * value[c];
    }
}

KERNEL(void, calm_gated_backward,
       (float *restrict dx, const float *restrict x, const float *restrict dy, long rows, long columns, int gelu,
        int accumulate),
       (dx, x, dy, rows, columns, gelu, accumulate)) {
    for (long r = 0; r < rows; r++) {
        const float *gate = x + 2 * r * columns, *value = gate + columns, *up = dy + r * columns;
        float *restrict dgate = dx + 2 * r * columns, *restrict dvalue = dgate + columns;
        for (long c = 0; c < columns; c++) {
            const float act = gelu ? gate[c] * gelu_gate(gate[c]) : silu(gate[c]);
            const float slope = gelu ? gelu_slope(gate[c]) : silu_slope(gate[c]);
            const float first = up[c] * value[c] * slope, second = up[c] * act;
            dgate[c] = accumulate ? dgate[c] + first : first;
            dvalue[c] = accumulate ? dvalue[c] + second : second;
        }
    }
}

KERNEL(void, calm_cap_forward, (float *restrict y, const float *restrict x, float cap, long n), (y, x, cap, n)) {
    for (long i = 0; i < n; i++) y[i] = cap * calm_tanh(x[i] / cap);
}

KERNEL(void, calm_cap_backward,
       (float *restrict dx, const float *restrict y, const float *restrict dy, float cap, long n, int accumulate),
       (dx, y, dy, cap, n, accumulate)) {
    for (long i = 0; i < n; i++) {
        const float share = y[i] / cap, slope = dy[i] * (1.0f - share * share);
        dx[i] = accumulate ? dx[i] + slope : slope;
    }
}

// Two rounds of a 32-bit finaliser (lowbias32, C. Wellons) over index and key: cheap, vectorisable, without visible bias.
INLINE uint32_t mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    x ^= x >> 16;
    return x;
}

KERNEL(void, calm_dropout,
       (float *y, const float *x, long n, uint64_t key, uint32_t threshold, float scale, int accumulate),
       (y, x, n, key, threshold, scale, accumulate)) {
    const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    for (long i = 0; i < n; i++) {
        const uint32_t bits = mix(mix((uint32_t)i ^ low) + high);
        const float kept = bits >= threshold ? scale * x[i] : 0.0f;
        y[i] = accumulate ? y[i] + kept : kept;
    }
}
