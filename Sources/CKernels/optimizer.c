#include "CKernels.h"
#include "kernels.h"

KERNEL(void, calm_adamw_step,
       (float *restrict parameters, float *restrict first, float *restrict second, const float *restrict gradients,
        long n, const struct calm_adamw *options),
       (parameters, first, second, gradients, n, options)) {
    const struct calm_adamw o = *options;
    const float keep = 1.0f - o.rate * o.decay, step = o.rate / o.correction1, share = 1.0f / o.correction2;
    for (long i = 0; i < n; i++) {
        const float g = gradients[i] * o.gradient_scale;
        const float m = o.beta1 * first[i] + (1.0f - o.beta1) * g;
        const float v = o.beta2 * second[i] + (1.0f - o.beta2) * g * g;
        first[i] = m;
        second[i] = v;
        parameters[i] = parameters[i] * keep - step * m / (__builtin_elementwise_sqrt(v * share) + o.epsilon);
    }
}
