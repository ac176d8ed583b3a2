// SIMD kernels behind one table of functions, chosen once by what the CPU can do.
//
// Every variant is the same source (kernels.inc) compiled for another instruction set and vector width, so all of
// them do the same arithmetic; they differ in the width of their reductions. No kernel allocates, blocks or keeps
// state, and none reads or writes outside the extents its arguments give.
//
// Batch invariance: an output row depends on its own input row only, and is accumulated in an order that depends on
// the widths alone, never on how many rows a call has.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "measure.h"

/// One tile of a matrix product: C[r][c] = (accumulate ? C[r][c] : 0) + sum over i < k of A[r][i] * B[i][c], and then the
/// same sum over A2 and B2 (a low-rank update). Each element is summed in one accumulator in the order of i, whatever
/// the tile's size.
typedef struct ckernels_tile {
    /// At most block_rows and panel_columns.
    size_t rows, columns;
    /// Rows, `lda` floats apart, and a packed panel.
    size_t k;
    const float *a;
    size_t lda;
    const void *b;
    /// Those of the second sum; k2 is 0 where there is none.
    size_t k2;
    const float *a2;
    size_t lda2;
    const void *b2;
    /// The output, rows `ldc` floats apart.
    float *c;
    size_t ldc;
    int accumulate;
    /// What the caller needs after this tile, to be on its way from memory meanwhile: the line at ahead + i * ahead_step
    /// bytes is asked for with each i < k. It need not be memory of the program's.
    const void *ahead;
    size_t ahead_step;
} ckernels_tile;

typedef struct ckernels {
    /// "avx512", "avx2", "neon", "portable": for logs and tests.
    const char *name;

    /// out[i] = in[i], bfloat16 to float32. Exact.
    void (*widen_bf16)(const uint16_t *in, float *out, size_t count);
    /// out[i] = in[i], IEEE half to float32. Exact.
    void (*widen_f16)(const uint16_t *in, float *out, size_t count);
    /// x[i] += y[i]
    void (*add)(float *x, const float *y, size_t count);
    /// Sum of x[i] * y[i].
    float (*dot)(const float *x, const float *y, size_t count);
    /// x[i] *= factor
    void (*scale)(float *x, float factor, size_t count);

    /// Layer normalisation (Ba et al. 2016) of `rows` rows: out = (x - mean) / sqrt(variance + epsilon) * weight + bias.
    /// `residual`, unless NULL, is added to x first. Rows of all three lie `stride` floats apart; out may be x.
    void (*layer_norm)(const float *x, const float *residual, size_t stride, const float *weight, const float *bias,
                       float epsilon, float *out, size_t rows, size_t width);
    /// RMS normalisation (Zhang & Sennrich 2019): out = x / sqrt(mean(x * x) + epsilon) * weight.
    /// Rows lie `x_stride` and `out_stride` floats apart; out may be x.
    void (*rms_norm)(const float *x, size_t x_stride, const float *weight, float epsilon, float *out,
                     size_t out_stride, size_t rows, size_t width);
    /// x[r][c] += bias[c]; rows `stride` floats apart.
    void (*add_bias)(float *x, size_t stride, const float *bias, size_t rows, size_t width);
    /// GELU with the error function (Hendrycks & Gimpel 2016): x = v / 2 * (1 + erf(v / sqrt 2)), v = x + bias.
    void (*bias_gelu)(float *x, size_t stride, const float *bias, size_t rows, size_t width);
    /// SwiGLU (Shazeer 2020): out = gate / (1 + exp(-gate)) * up; gate and up rows `stride` floats apart.
    void (*swiglu)(const float *gate, const float *up, size_t stride, float *out, size_t out_stride, size_t rows,
                   size_t width);
    /// Rotary embedding (Su et al. 2021), halves layout: for i < half, (x[i], x[i + half]) turn by the angle whose
    /// cosine and sine are given. One head, one position.
    void (*rotate)(float *x, const float *cosine, const float *sine, size_t half);

    /// Rows of the largest tile and columns of a packed panel, for the functions below.
    size_t block_rows, panel_columns;
    /// Packs up to `panel_columns` rows of a weight matrix `[outputs, k]` (`stride` values apart) for `tile_bf16`:
    /// k times `panel_columns` bfloat16 values; those that are missing become zeros.
    void (*pack_panel_bf16)(const uint16_t *weights, size_t stride, size_t columns, size_t k, uint16_t *out);
    /// The same in float32, for `tile_f32`.
    void (*pack_panel_f32)(const float *weights, size_t stride, size_t columns, size_t k, float *out);
    /// One tile of a matrix product with weights in bfloat16.
    void (*tile_bf16)(const ckernels_tile *tile);
    /// The same with weights in float32.
    void (*tile_f32)(const ckernels_tile *tile);

    /// One online-softmax step (Milakov & Gimelshein 2018) over a row of `count` scores: updates the running maximum
    /// and sum, replaces the scores by exp(score - maximum), and returns the factor by which everything accumulated
    /// before has to be multiplied.
    float (*softmax_step)(float *scores, size_t count, float *maximum, float *sum);
} ckernels;

/// The best table for this CPU. Decided at the first call; always the same afterwards.
const ckernels *ckernels_best(void);

/// The tables that this CPU can run, the portable one first. Writes at most `capacity` of them, returns how many there
/// are. For tests: every one must agree with a plain reference.
size_t ckernels_available(const ckernels **tables, size_t capacity);

#endif
