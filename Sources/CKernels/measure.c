// What the machine itself can do, for the figures that are shares of it.
#include "measure.h"

#include <stdint.h>

// One pair of functions per instruction set.
//   ACCUMULATORS  independent sums: enough to hide the latency of both multipliers, few enough to stay in registers
#define DEFINE_MEASURES(variant, target_attribute, BYTES, ACCUMULATORS)                                            \
    typedef float vf_##variant __attribute__((vector_size(BYTES)));                                               \
    typedef uint64_t vu_##variant __attribute__((vector_size(BYTES)));                                            \
                                                                                                                   \
    target_attribute static size_t fma_##variant(size_t rounds, float *seed) {                                  \
        vf_##variant sum[ACCUMULATORS];                                                                            \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < ACCUMULATORS; i++) sum[i] =                        \
            *seed + (float)i - (vf_##variant){0};                                                                  \
        /* x = x / 2 + 1 tends to 2: neither infinity nor a subnormal number, which would be slow. */              \
        const vf_##variant half = 0.5f - (vf_##variant){0}, one = 1.0f - (vf_##variant){0};                       \
        for (size_t round = 0; round < rounds; round++) {                                                          \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < ACCUMULATORS; i++) sum[i] = sum[i] * half + one; \
        }                                                                                                          \
        vf_##variant total = sum[0];                                                                               \
        _Pragma("clang loop unroll(full)") for (int i = 1; i < ACCUMULATORS; i++) total += sum[i];                \
        *seed = total[0];                                                                                        \
        return rounds * ACCUMULATORS * (BYTES / sizeof(float)) * 2;                                                \
    }                                                                                                              \
                                                                                                                   \
    target_attribute static uint64_t read_##variant(const void *memory, size_t bytes) {                           \
        const vu_##variant *p = memory;                                                                            \
        vu_##variant sum[8] = {0};                                                                                 \
        for (size_t i = 0; i + 8 <= bytes / BYTES; i += 8) {                                                       \
            _Pragma("clang loop unroll(full)") for (int j = 0; j < 8; j++) sum[j] ^= p[i + j];                    \
        }                                                                                                          \
        vu_##variant total = {0};                                                                                  \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < 8; j++) total ^= sum[j];                           \
        uint64_t result = 0;                                                                                       \
        for (size_t lane = 0; lane < BYTES / 8; lane++) result ^= total[lane];                                     \
        return result;                                                                                             \
    }

#if defined(__x86_64__)
DEFINE_MEASURES(avx512, __attribute__((target("avx512f,avx512vl,fma"))), 64, 28)
DEFINE_MEASURES(avx2, __attribute__((target("avx2,fma"))), 32, 14)
DEFINE_MEASURES(portable, , 16, 12)

static int has_avx512(void) { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"); }
static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
DEFINE_MEASURES(portable, , 16, 24)
#endif

size_t ckernels_fma(size_t rounds, float *seed) {
#if defined(__x86_64__)
    if (has_avx512()) return fma_avx512(rounds, seed);
    if (has_avx2()) return fma_avx2(rounds, seed);
#endif
    return fma_portable(rounds, seed);
}

uint64_t ckernels_read(const void *memory, size_t bytes) {
#if defined(__x86_64__)
    if (has_avx512()) return read_avx512(memory, bytes);
    if (has_avx2()) return read_avx2(memory, bytes);
#endif
    return read_portable(memory, bytes);
}
