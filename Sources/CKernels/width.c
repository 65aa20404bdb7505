#include "CKernels.h"
#include "kernels.h"
#include <stdlib.h>
#include <string.h>

int calm_width = BASELINE;

// What CALM_VECTOR_WIDTH allows, -1 if it has no such value.
static int allowed(void) {
    const char *names[] = {"baseline", "x86-64-v3", "x86-64-v4"};
    const char *name = getenv("CALM_VECTOR_WIDTH");
    if (!name || !*name) return ALL_EXTENSIONS;
    for (int width = BASELINE; width <= X86_64_V4; width++)
        if (strcmp(name, names[width]) == 0) return width;
    return -1;
}

__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__) && defined(__linux__)
    __builtin_cpu_init();
    const int best = __builtin_cpu_supports("x86-64-v4")   ? ALL_EXTENSIONS
                     : __builtin_cpu_supports("x86-64-v3") ? X86_64_V3
                                                           : BASELINE;
    const int most = allowed();
    calm_width = most >= 0 && most < best ? most : best;
#endif
}

const char *calm_vector_width(void) {
    return calm_width >= X86_64_V4 ? "x86-64-v4" : calm_width == X86_64_V3 ? "x86-64-v3" : "baseline";
}

int calm_vector_width_limit(void) {
    const int most = allowed();
    return most < 0 ? CALM_WIDTH_UNKNOWN : most < ALL_EXTENSIONS ? CALM_WIDTH_LIMITED : CALM_WIDTH_UNLIMITED;
}
