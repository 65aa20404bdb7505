// What every kernel file shares: run-time choice of the vector width, rounding rules, and an exponential that vectorises.
#pragma once
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

// KERNEL defines a function whose body is compiled for each vector width; a call takes the widest that the processor has and
// that CALM_VECTOR_WIDTH allows. Its arguments are named once more, as they are passed on.
//
//     KERNEL(void, calm_scale, (float *y, const float *x, float a, long n), (y, x, a, n)) { ... }
#define KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS) AT_EACH_WIDTH(, RESULT, NAME, PARAMETERS, ARGUMENTS)
#define STATIC_KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS) AT_EACH_WIDTH(static, RESULT, NAME, PARAMETERS, ARGUMENTS)

// Vector widths, named as in calm_vector_width.
enum { BASELINE, X86_64_V3, X86_64_V4, ALL_EXTENSIONS };

// The width in use, set when the program is loaded. ALL_EXTENSIONS is X86_64_V4 and whatever else the processor has.
extern int calm_width;

#if defined(__x86_64__) && defined(__linux__)
// What the levels have, not `arch=`, which would prefer vectors of half the width.
#define V3_FEATURES "avx2,bmi,bmi2,cx16,f16c,fma,lzcnt,movbe,popcnt,sahf"
#define AT_V3 __attribute__((target(V3_FEATURES)))
#define AT_V4 __attribute__((target(V3_FEATURES ",avx512f,avx512bw,avx512cd,avx512dq,avx512vl")))
#define AT_EACH_WIDTH(STORAGE, RESULT, NAME, PARAMETERS, ARGUMENTS)            \
    INLINE RESULT NAME##_body PARAMETERS;                                      \
    AT_V4 static RESULT NAME##_v4 PARAMETERS { return NAME##_body ARGUMENTS; } \
    AT_V3 static RESULT NAME##_v3 PARAMETERS { return NAME##_body ARGUMENTS; } \
    static RESULT NAME##_baseline PARAMETERS { return NAME##_body ARGUMENTS; } \
    STORAGE RESULT NAME PARAMETERS {                                           \
        if (calm_width >= X86_64_V4) return NAME##_v4 ARGUMENTS;               \
        if (calm_width == X86_64_V3) return NAME##_v3 ARGUMENTS;               \
        return NAME##_baseline ARGUMENTS;                                      \
    }                                                                          \
    INLINE RESULT NAME##_body PARAMETERS
#else
#define AT_EACH_WIDTH(STORAGE, RESULT, NAME, PARAMETERS, ARGUMENTS) STORAGE RESULT NAME PARAMETERS
#endif

#pragma clang fp reassociate(on) contract(fast)

// Of long sums. The vectoriser turns one into as many as there are lanes, each short enough for its error to stay small;
// where it doesn't run, more bits do the same.
#if defined(__OPTIMIZE__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) && \
    !__has_feature(undefined_behavior_sanitizer)
typedef float sum_t;
#else
typedef double sum_t;
#endif

// A whole vector at the widest; narrower processors work on its parts.
enum { LANES = 16 };
typedef float lanes __attribute__((vector_size(LANES * 4), aligned(4)));
#define LOAD(p) (*(const lanes *)(p))
#define STORE(p, v) (*(lanes *)(p) = (v))

// The greatest of n > 0 elements, of those that are numbers if there are any.
INLINE float greatest(const float *x, long n) {
    const long whole = n / LANES * LANES;
    float top = x[0];
    if (whole > 0) {
        lanes tops = LOAD(x);
        for (long i = LANES; i < whole; i += LANES) {
            const lanes next = LOAD(x + i);
            tops = __builtin_elementwise_max(tops, next);
        }
        top = tops[0];
        for (int i = 1; i < LANES; i++) top = tops[i] > top || top != top ? tops[i] : top;
    }
    for (long i = whole; i < n; i++) top = x[i] > top || top != top ? x[i] : top;
    return top;
}

// exp(x) to 1e-7 relative for |x| <= 87, clamped beyond. Cephes' polynomial; ln 2 in two parts, which must not be
// folded into one, hence no reassociation here.
INLINE float calm_exp(float x) {
#pragma clang fp reassociate(off)
    x = x < -87.0f ? -87.0f : x;
    x = x > 87.0f ? 87.0f : x;
    // Converting what isn't a number to an integer is undefined; r keeps it.
    const float t = (x > -87.0f ? x : -87.0f) * 1.44269504088896341f;
    const int32_t n = (int32_t)(t + (t < 0.0f ? -0.5f : 0.5f));
    const float f = (float)n;
    float r = x - f * 0.693359375f;
    r = r + f * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const union {
        int32_t bits;
        float value;
    } power = {(n + 127) << 23};
    return p * power.value;
}

// tanh(x) to 1e-7 absolute.
INLINE float calm_tanh(float x) { return 1.0f - 2.0f / (1.0f + calm_exp(2.0f * x)); }
