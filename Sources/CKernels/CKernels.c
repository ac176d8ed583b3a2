// Chooses the kernel table for the CPU.
#include "CKernels.h"

extern const ckernels table_portable;
#if defined(__x86_64__)
extern const ckernels table_avx2;
extern const ckernels table_avx512;
#elif defined(__aarch64__)
extern const ckernels table_neon;
#endif

size_t ckernels_available(const ckernels **tables, size_t capacity) {
    const ckernels *all[3];
    size_t count = 0;
    all[count++] = &table_portable;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) {
        all[count++] = &table_avx2;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
            all[count++] = &table_avx512;
    }
#elif defined(__aarch64__)
    all[count++] = &table_neon;
#endif
    for (size_t i = 0; i < count && i < capacity; i++) tables[i] = all[i];
    return count;
}

const ckernels *ckernels_best(void) {
    const ckernels *tables[3];
    return tables[ckernels_available(tables, 3) - 1];
}
