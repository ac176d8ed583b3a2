// Every kernel variant that this CPU can run against plain C in double precision: products, packing, softmax, norms,
// activations. For CPUs that the Swift tests do not run on, by way of an emulator: see check-arm64 beside this file.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

static double worst;
static const char *variant;

static void expect(const char *what, double got, double wanted, double bound) {
    double error = fabs(got - wanted) / (1 + fabs(wanted));
    if (error > worst) worst = error;
    if (error > bound || got != got) {
        printf("%s: %s is %.9g, expected %.9g\n", variant, what, got, wanted);
        exit(1);
    }
}

static float next(void) {
    static unsigned state = 12345;
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 8388608.0f - 1;
}

static float *floats(size_t count) {
    float *p = malloc(count * sizeof(float));
    for (size_t i = 0; i < count; i++) p[i] = next();
    return p;
}

static uint16_t bfloat16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return (uint16_t)(bits >> 16);
}

static float widened(uint16_t x) {
    uint32_t bits = (uint32_t)x << 16;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

static void products(const ckernels *t) {
    const size_t k = 101, k2 = 8, panel = t->panel_columns;
    for (size_t rows = 1; rows <= t->block_rows; rows++) {
        const size_t lda = k + 3, lda2 = k2 + 5;
        float *a = floats(rows * lda), *a2 = floats(rows * lda2), *w = floats(panel * k), *w2 = floats(panel * k2);
        uint16_t *h = malloc(panel * k * 2), *h2 = malloc(panel * k2 * 2);
        for (size_t i = 0; i < panel * k; i++) w[i] = widened(h[i] = bfloat16(w[i]));
        for (size_t i = 0; i < panel * k2; i++) w2[i] = widened(h2[i] = bfloat16(w2[i]));
        for (int is_bf16 = 0; is_bf16 < 2; is_bf16++) {
            for (size_t columns = panel - 1; columns <= panel; columns++) {
                void *pb = malloc(panel * k * 4), *pb2 = malloc(panel * k2 * 4);
                if (is_bf16) {
                    t->pack_panel_bf16(h, k, columns, k, pb);
                    t->pack_panel_bf16(h2, k2, columns, k2, pb2);
                } else {
                    t->pack_panel_f32(w, k, columns, k, pb);
                    t->pack_panel_f32(w2, k2, columns, k2, pb2);
                }
                float *c = floats(rows * panel), *start = malloc(rows * panel * sizeof(float));
                memcpy(start, c, rows * panel * sizeof(float));
                ckernels_tile tile = {
                    .rows = rows, .columns = columns, .k = k, .a = a, .lda = lda, .b = pb, .k2 = k2, .a2 = a2, .lda2 = lda2,
                    .b2 = pb2, .c = c, .ldc = panel, .accumulate = 1, .ahead = pb, .ahead_step = 64,
                };
                (is_bf16 ? t->tile_bf16 : t->tile_f32)(&tile);
                for (size_t r = 0; r < rows; r++)
                    for (size_t j = 0; j < panel; j++) {
                        double sum = start[r * panel + j];
                        for (size_t i = 0; i < k && j < columns; i++) sum += (double)a[r * lda + i] * w[j * k + i];
                        for (size_t i = 0; i < k2 && j < columns; i++) sum += (double)a2[r * lda2 + i] * w2[j * k2 + i];
                        expect("an element of a product", c[r * panel + j], sum, 1e-5);
                    }
                free(pb), free(pb2), free(c), free(start);
            }
        }
        free(a), free(a2), free(w), free(w2), free(h), free(h2);
    }
}

static void elementwise(const ckernels *t) {
    for (size_t n = 1; n <= 70; n++) {
        float *x = floats(n), *y = floats(n), *weight = floats(n), *out = floats(n);
        double squares = 0, dot = 0, top = -INFINITY, total = 0;
        for (size_t i = 0; i < n; i++) {
            x[i] *= 8;
            squares += (double)x[i] * x[i];
            dot += (double)x[i] * y[i];
            if (x[i] > top) top = x[i];
        }
        expect("dot", t->dot(x, y, n), dot, 1e-5);
        t->rms_norm(x, n, weight, 1e-6f, out, n, 1, n);
        for (size_t i = 0; i < n; i++)
            expect("rms_norm", out[i], x[i] / sqrt(squares / (double)n + 1e-6) * weight[i], 1e-5);
        t->swiglu(x, y, n, out, n, 1, n);
        for (size_t i = 0; i < n; i++) expect("swiglu", out[i], x[i] / (1 + exp(-(double)x[i])) * y[i], 1e-5);
        memcpy(out, x, n * sizeof(float));
        t->bias_gelu(out, n, y, 1, n);
        for (size_t i = 0; i < n; i++) {
            double v = (double)x[i] + y[i];
            expect("bias_gelu", out[i], v / 2 * (1 + erf(v / sqrt(2))), 1e-5);
        }
        float maximum = -INFINITY, sum = 0;
        memcpy(out, x, n * sizeof(float));
        maximum = -3.0e38f;
        t->softmax_step(out, n, &maximum, &sum);
        for (size_t i = 0; i < n; i++) total += exp(x[i] - top);
        for (size_t i = 0; i < n; i++) expect("softmax_step", out[i], exp(x[i] - top), 1e-5);
        expect("softmax_step's sum", sum, total, 1e-5);
        free(x), free(y), free(weight), free(out);
    }
}

int main(void) {
    const ckernels *tables[4];
    size_t count = ckernels_available(tables, 4);
    for (size_t i = 0; i < count; i++) {
        worst = 0;
        variant = tables[i]->name;
        products(tables[i]);
        elementwise(tables[i]);
        printf("%-8s agrees with plain C; largest relative error %.1e\n", variant, worst);
    }
}
