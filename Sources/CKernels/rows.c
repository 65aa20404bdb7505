// Kernels that work a row at a time: norms, rotary positions, look-ups and the loss.
#include "CKernels.h"
#include "kernels.h"
#include <math.h>

KERNEL(void, calm_rms_norm_forward,
       (float *restrict y, float *restrict inverse, const float *restrict x, const float *restrict gain, long rows,
        long columns, float epsilon),
       (y, inverse, x, gain, rows, columns, epsilon)) {
    for (long r = 0; r < rows; r++) {
        const float *in = x + r * columns;
        float *out = y + r * columns;
        sum_t squares = 0;
        for (long c = 0; c < columns; c++) squares += in[c] * in[c];
        const float factor = 1.0f / __builtin_sqrtf(squares / (float)columns + epsilon);
        inverse[r] = factor;
        if (gain)
            for (long c = 0; c < columns; c++) out[c] = in[c] * factor * gain[c];
        else
            for (long c = 0; c < columns; c++) out[c] = in[c] * factor;
    }
}

KERNEL(void, calm_rms_norm_backward,
       (float *restrict dx, float *restrict gain_gradient, const float *restrict x, const float *restrict inverse,
        const float *restrict gain, const float *restrict dy, long rows, long columns, int accumulate),
       (dx, gain_gradient, x, inverse, gain, dy, rows, columns, accumulate)) {
    for (long r = 0; r < rows; r++) {
        const float *in = x + r * columns, *up = dy + r * columns;
        const float factor = inverse[r];
        if (gain_gradient)
            for (long c = 0; c < columns; c++) gain_gradient[c] += up[c] * in[c] * factor;
        if (!dx) continue;
        // dx = factor (g dy - xhat mean(g dy xhat)), xhat = factor x
        sum_t dot = 0;
        if (gain)
            for (long c = 0; c < columns; c++) dot += gain[c] * up[c] * in[c];
        else
            for (long c = 0; c < columns; c++) dot += up[c] * in[c];
        const float back = dot * factor * factor * factor / (float)columns;
        float *out = dx + r * columns;
        if (gain && accumulate)
            for (long c = 0; c < columns; c++) out[c] += factor * gain[c] * up[c] - back * in[c];
        else if (gain)
            for (long c = 0; c < columns; c++) out[c] = factor * gain[c] * up[c] - back * in[c];
        else if (accumulate)
            for (long c = 0; c < columns; c++) out[c] += factor * up[c] - back * in[c];
        else
            for (long c = 0; c < columns; c++) out[c] = factor * up[c] - back * in[c];
    }
}

KERNEL(void, calm_rotary,
       (float *x, long stride, long rows, long heads, long width, long turned, int adjacent,
        const float *restrict cosines, const float *restrict sines, const int32_t *restrict positions, float direction),
       (x, stride, rows, heads, width, turned, adjacent, cosines, sines, positions, direction)) {
    const long half = turned / 2;
    for (long r = 0; r < rows; r++) {
        const float *cosine = cosines + positions[r] * half, *sine = sines + positions[r] * half;
        for (long h = 0; h < heads; h++) {
            float *restrict a = x + r * stride + h * width, *restrict b = a + half;
            if (adjacent) {
                for (long i = 0; i < half; i++) {
                    const float s = direction * sine[i], p = a[2 * i], q = a[2 * i + 1];
                    a[2 * i] = p * cosine[i] - q * s;
                    a[2 * i + 1] = q * cosine[i] + p * s;
                }
            } else {
                for (long i = 0; i < half; i++) {
                    const float s = direction * sine[i], p = a[i], q = b[i];
                    a[i] = p * cosine[i] - q * s;
                    b[i] = q * cosine[i] + p * s;
                }
            }
        }
    }
}

KERNEL(void, calm_layer_norm_forward,
       (float *restrict y, float *restrict statistics, const float *restrict x, const float *restrict gain,
        const float *restrict bias, long rows, long columns, float epsilon),
       (y, statistics, x, gain, bias, rows, columns, epsilon)) {
    for (long r = 0; r < rows; r++) {
        const float *in = x + r * columns;
        float *out = y + r * columns;
        sum_t sum = 0, squares = 0;
        for (long c = 0; c < columns; c++) sum += in[c];
        const float mean = sum / (float)columns;
        for (long c = 0; c < columns; c++) squares += (in[c] - mean) * (in[c] - mean);
        const float factor = 1.0f / __builtin_sqrtf(squares / (float)columns + epsilon);
        statistics[2 * r] = mean;
        statistics[2 * r + 1] = factor;
        for (long c = 0; c < columns; c++) out[c] = (in[c] - mean) * factor * gain[c] + bias[c];
    }
}

KERNEL(void, calm_layer_norm_backward,
       (float *restrict dx, float *restrict gain_gradient, float *restrict bias_gradient, const float *restrict x,
        const float *restrict statistics, const float *restrict gain, const float *restrict dy, long rows, long columns,
        int accumulate),
       (dx, gain_gradient, bias_gradient, x, statistics, gain, dy, rows, columns, accumulate)) {
    for (long r = 0; r < rows; r++) {
        const float *in = x + r * columns, *up = dy + r * columns;
        const float mean = statistics[2 * r], factor = statistics[2 * r + 1];
        if (gain_gradient)
            for (long c = 0; c < columns; c++) gain_gradient[c] += up[c] * (in[c] - mean) * factor;
        if (bias_gradient)
            for (long c = 0; c < columns; c++) bias_gradient[c] += up[c];
        if (!dx) continue;
        // dx = factor (g dy - mean(g dy) - xhat mean(g dy xhat)), xhat = factor (x - mean)
        sum_t sum = 0, dot = 0;
        for (long c = 0; c < columns; c++) sum += gain[c] * up[c];
        for (long c = 0; c < columns; c++) dot += gain[c] * up[c] * (in[c] - mean);
        const float level = sum / (float)columns, back = dot * factor * factor / (float)columns;
        float *out = dx + r * columns;
        for (long c = 0; c < columns; c++) {
            const float slope = factor * (gain[c] * up[c] - level - back * (in[c] - mean));
            out[c] = accumulate ? out[c] + slope : slope;
        }
    }
}

KERNEL(void, calm_gather,
       (float *restrict y, const float *restrict table, const int32_t *restrict ids, long rows, long columns),
       (y, table, ids, rows, columns)) {
    for (long r = 0; r < rows; r++)
        for (long c = 0; c < columns; c++) y[r * columns + c] = table[ids[r] * columns + c];
}

KERNEL(void, calm_scatter_add,
       (float *restrict gradient, const float *restrict dy, const int32_t *restrict ids, long rows, long columns),
       (gradient, dy, ids, rows, columns)) {
    for (long r = 0; r < rows; r++) {
        float *out = gradient + ids[r] * columns;
        for (long c = 0; c < columns; c++) out[c] += dy[r * columns + c];
    }
}

KERNEL(double, calm_cross_entropy,
       (float *restrict gradient, long *correct, const float *restrict logits, const int32_t *restrict targets, long rows,
        long columns, float smoothing),
       (gradient, correct, logits, targets, rows, columns, smoothing)) {
    double loss = 0;
    const float spread = smoothing / (float)columns;
    long hits = 0;
    for (long r = 0; r < rows; r++) {
        const float *row = logits + r * columns;
        const int32_t target = targets[r];
        const float top = greatest(row, columns);
        sum_t sum = 0;
        if (gradient) {
            float *out = gradient + r * columns;
            for (long c = 0; c < columns; c++) {
                const float e = calm_exp(row[c] - top);
                out[c] = e;
                sum += e;
            }
            const float share = 1.0f / sum;
            for (long c = 0; c < columns; c++) out[c] *= share;
            out[target] -= 1.0f - smoothing;
            if (smoothing > 0) {
                for (long c = 0; c < columns; c++) out[c] -= spread;
            }
        } else {
            for (long c = 0; c < columns; c++) sum += calm_exp(row[c] - top);
        }
        double expected = (double)row[target];
        if (smoothing > 0) {
            sum_t total = 0;
            for (long c = 0; c < columns; c++) total += row[c] - top;
            expected = (1 - (double)smoothing) * expected + (double)smoothing * ((double)top + (double)total / (double)columns);
        }
        loss += log((double)sum) + ((double)top - expected);
        hits += row[target] == top;
    }
    *correct = hits;
    return loss;
}

KERNEL(long, calm_argmax, (const float *restrict x, long n), (x, n)) {
    const float top = greatest(x, n);
    long start = 0;  // of the vector that holds it
    for (; start + LANES <= n; start += LANES) {
        int found = 0;
        for (int i = 0; i < LANES; i++) found |= x[start + i] == top;
        if (found) break;
    }
    for (long i = start; i < n; i++)
        if (x[i] == top) return i;
    return 0;  // none is a number
}
