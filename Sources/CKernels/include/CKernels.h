// Vector kernels of the learning engine: everything in a training step but matrix products in Float32.
//
// Shapes: N rows of a packed batch, d columns, H heads of width c. Matrices are row-major Float32; a `stride` is the
// distance in floats from one row to the next. Each kernel is compiled for several vector widths and the widest that
// the processor has is taken. Kernels don't allocate, don't fork and don't check: Swift does.
#pragma once
#include <stdint.h>

/// The vector width in use: "x86-64-v4", "x86-64-v3" or "baseline". Results may differ in the last bit between them. The
/// environment variable CALM_VECTOR_WIDTH limits it to one of these, and excludes all extensions that the level doesn't have.
const char *calm_vector_width(void);
/// Whether CALM_VECTOR_WIDTH limits the vector width, or has an unknown value and is ignored.
enum { CALM_WIDTH_UNLIMITED, CALM_WIDTH_LIMITED, CALM_WIDTH_UNKNOWN };
int calm_vector_width_limit(void);

// Element-wise, n elements.
void calm_add(float *y, const float *x, long n);                    // y += x
void calm_sum(float *y, const float *a, const float *b, long n);    // y = a + b
void calm_axpy(float *y, const float *x, float a, long n);          // y += a x
void calm_scale(float *y, const float *x, float a, long n);         // y = a x
void calm_lerp(float *y, const float *x, float keep, long n);       // y = keep y + (1 - keep) x
double calm_sum_of_squares(const float *x, long n);

// y += bias in each row; gradient += sum of the rows of dy.
void calm_bias_forward(float *y, const float *bias, long rows, long columns);
void calm_bias_backward(float *gradient, const float *dy, long rows, long columns);

// GELU, tanh form: y = x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3).
void calm_gelu_forward(float *y, const float *x, long n);
void calm_gelu_backward(float *dx, const float *x, const float *dy, long n, int accumulate);

// y = x / sqrt(mean(x^2) + epsilon) * gain; `inverse` keeps the reciprocal root of each row; gain may be null.
void calm_rms_norm_forward(float *y, float *inverse, const float *x, const float *gain, long rows, long columns,
                           float epsilon);
// dx and gain_gradient may be null.
void calm_rms_norm_backward(float *dx, float *gain_gradient, const float *x, const float *inverse, const float *gain,
                            const float *dy, long rows, long columns, int accumulate);

// Rotates pairs of the first `turned` elements of each head of c elements, in place: (i, i + turned/2), or (2i, 2i + 1) if
// `adjacent`. Row r of cosines and sines belongs to position r and has turned/2 elements. direction is 1, or -1 to rotate back.
void calm_rotary(float *x, long stride, long rows, long heads, long width, long turned, int adjacent,
                 const float *cosines, const float *sines, const int32_t *positions, float direction);

// y = (x - mean) / sqrt(variance + epsilon) * gain + bias, row by row; `statistics` keeps mean and reciprocal root of each row.
void calm_layer_norm_forward(float *y, float *statistics, const float *x, const float *gain, const float *bias, long rows,
                             long columns, float epsilon);
// dx, gain_gradient and bias_gradient may be null.
void calm_layer_norm_backward(float *dx, float *gain_gradient, float *bias_gradient, const float *x,
                              const float *statistics, const float *gain, const float *dy, long rows, long columns,
                              int accumulate);

// y[r][c] = act(x[r][c]) x[r][columns + c], x having 2 columns a row; act is GELU (tanh form) if `gelu`, else SiLU.
void calm_gated_forward(float *y, const float *x, long rows, long columns, int gelu);
void calm_gated_backward(float *dx, const float *x, const float *dy, long rows, long columns, int gelu, int accumulate);

// y = cap tanh(x / cap)
void calm_cap_forward(float *y, const float *x, float cap, long n);
void calm_cap_backward(float *dx, const float *y, const float *dy, float cap, long n, int accumulate);

// Keeps an element with probability 1 - threshold / 2^32 and scales it; the mask is a function of (key, index) alone.
void calm_dropout(float *y, const float *x, long n, uint64_t key, uint32_t threshold, float scale, int accumulate);

// y[i] = table[ids[i]]; gradient[ids[i]] += dy[i].
void calm_gather(float *y, const float *table, const int32_t *ids, long rows, long columns);
void calm_scatter_add(float *gradient, const float *dy, const int32_t *ids, long rows, long columns);

// Sum over the rows of -sum_c q_c log softmax(logits)_c, where q is 1 - smoothing at the target plus smoothing / columns
// everywhere; gradient (may be null) = softmax - q; *correct counts the rows whose largest logit is the target's.
double calm_cross_entropy(float *gradient, long *correct, const float *logits, const int32_t *targets, long rows,
                          long columns, float smoothing);

// The place of the first of the largest of n > 0 elements.
long calm_argmax(const float *x, long n);

// AdamW with decoupled decay (Loshchilov & Hutter, 2019): gradients are multiplied by gradient_scale first.
struct calm_adamw {
    float rate, beta1, beta2, epsilon, decay, correction1, correction2, gradient_scale;
};
void calm_adamw_step(float *parameters, float *first, float *second, const float *gradients, long n,
                     const struct calm_adamw *options);

// Multi-head attention over packed sequences. `ranges` has four numbers a sequence: first query row, query rows, first
// key row, key rows. A query row sees the first visible[row] keys of its sequence; if none, its output is zero. `holes`, if
// not null, has two numbers a query row: of these keys it doesn't see [holes[2 row], holes[2 row + 1]).
// Probabilities (null if no gradient is wanted) hold, a sequence after the other and a head after the other, query rows
// x padded keys; see calm_attention_padded. `scratch` has as many floats as calm_attention_forward_scratch or
// calm_attention_backward_scratch says for the longest sequence. `group` heads of queries share a head of keys and values.
// Of the keys that a query sees, the last `window` count (0: all). Scores are scaled, then capped to cap tanh(score / cap)
// unless the cap is 0. Keys and values are in half precision if `halves`, which the forward pass without probabilities knows
// where calm_int8_path() is CALM_INT8_VNNI; strides count elements.
struct calm_attention {
    const float *queries;
    const void *keys, *values;
    long query_stride, key_stride, value_stride, output_stride;
    const int32_t *ranges, *visible, *holes;
    long sequences, heads, width, group, window;
    float scale, cap;
    int halves;
};
// n elements in half precision, rounded to the nearest, where calm_int8_path() is CALM_INT8_VNNI. Returns 0 if one of them is
// beyond what that can express.
int calm_to_halves(void *to, const float *x, long n);
long calm_attention_padded(long keys);
long calm_attention_forward_scratch(long queries, long keys, long width);
long calm_attention_backward_scratch(long queries, long keys, long width);
void calm_attention_forward(float *output, float *probabilities, float *scratch, const struct calm_attention *shape);
// Adds to the three gradients, which have the strides of queries, keys and values; each may be null.
void calm_attention_backward(float *query_gradient, float *key_gradient, float *value_gradient,
                             const float *output_gradient, const float *probabilities, float *scratch,
                             const struct calm_attention *shape);

// Products in bfloat16: c = a b (+ c if accumulate) with a [m, k], b [k, n] rounded to bfloat16 (nearest, ties to even;
// subnormal numbers to zero) and Float32 products and sums. Operands are packed first, into calm_bf16_packed_a(m, k)
// and calm_bf16_packed_b(k, n) words, from a as stored or [k, m], and from b as stored or [n, k]. Rows of a, as they are
// stored, and of c are `stride` elements apart. `native` asks for
// AVX512-BF16 and is allowed where calm_bf16_available() is not 0; both paths give the same packing and, but for sums
// below 2^-126, the same bits. An element of c depends on its row of a, its column of b and its old value alone.
int calm_bf16_available(void);
long calm_bf16_packed_a(long m, long k);
long calm_bf16_packed_b(long k, long n);
void calm_bf16_pack_a(uint32_t *to, const float *a, long stride, long m, long k, int transposed, int native);
void calm_bf16_pack_b(uint32_t *to, const float *b, long k, long n, int transposed, int native);
void calm_bf16_multiply(float *c, long stride, const uint32_t *a, const uint32_t *b, long m, long n, long k,
                        int accumulate, int native);

// Products of bfloat16 weights with many rows of activations, allowed where calm_bf16_available() is not 0: y (+)= x Wᵀ with
// W [n, k] as it is stored, whose rows lie one after the other, x [m, k] and y [m, n] with y_stride floats a row. Activations are
// rounded first, into calm_bf16_row(k) elements a row. A sum's order doesn't depend on m or n.
long calm_bf16_row(long k);
void calm_bf16_round(uint16_t *to, const float *x, long rows, long k);
void calm_bf16_rows(float *y, long y_stride, const uint8_t *w, const uint16_t *x, long m, long n, long k, int accumulate);

// n stored elements to Float32, bit for bit as the `gguf` package does it; n is a multiple of the type's block size (1,
// 32 or 256 elements). x needs no alignment.
void calm_from_float16(float *y, const uint8_t *x, long n);
void calm_from_bfloat16(float *y, const uint8_t *x, long n);
void calm_from_q8_0(float *y, const uint8_t *x, long n);
void calm_from_q4_0(float *y, const uint8_t *x, long n);
void calm_from_q4_1(float *y, const uint8_t *x, long n);
void calm_from_q5_0(float *y, const uint8_t *x, long n);
void calm_from_q5_1(float *y, const uint8_t *x, long n);
void calm_from_q4_k(float *y, const uint8_t *x, long n);
void calm_from_q5_k(float *y, const uint8_t *x, long n);
void calm_from_q6_k(float *y, const uint8_t *x, long n);

// Products of block-quantised weights with activations rounded to int8, in Float32: y (+)= x Wᵀ with W [n, k], whose rows
// lie one after the other, x [m, k], y [m, n] with y_stride floats a row. k is a multiple of 32 and of the type's block.
// Activations are packed first, into calm_int8_packed_row(k) bytes a row, best aligned to 64: each run of 32 has a scale of its
// own, the greatest magnitude / 127, and is rounded to the nearest multiple of it. Products and sums of a run are exact.
// `rows` is for few rows of activations, `panels` for many; their sums differ in order. `panels` is allowed where
// calm_int8_path(), the best that this processor has, is CALM_INT8_VNNI, and `rows` on that path, on CALM_INT8_PORTABLE, and on
// AVX2 if it has one of the two. The rows' results have the same bits on every path.
enum {
    CALM_Q8_0,
    CALM_Q4_0,
    CALM_Q4_1,
    CALM_Q5_0,
    CALM_Q5_1,
    CALM_Q4_K,
    CALM_Q5_K,
    CALM_Q6_K
};
enum { CALM_INT8_PORTABLE, CALM_INT8_NEON, CALM_INT8_AVX2, CALM_INT8_VNNI };
int calm_int8_path(void);
long calm_int8_packed_row(long k);
void calm_int8_pack(int8_t *to, const float *x, long rows, long k);
void calm_int8_rows(float *y, long y_stride, const uint8_t *w, int type, const int8_t *x, long m, long n, long k,
                    int accumulate, int path);
void calm_int8_panels(float *y, long y_stride, const uint8_t *w, int type, const int8_t *x, long m, long n, long k,
                      int accumulate);

// Products of weights in the form that they are stored in with a few rows of activations, in Float32: y (+)= x Wᵀ with W [n, k],
// whose rows lie one after the other with any alignment, x [m, k], y [m, n] with y_stride floats a row. Every weight is exact
// in Float32; sums have an order of their own, which doesn't depend on m or n.
enum { CALM_F32, CALM_F16, CALM_BF16 };
void calm_stored_rows(float *y, long y_stride, const uint8_t *w, int type, const float *x, long m, long n, long k,
                      int accumulate);
