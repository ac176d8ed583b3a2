// The kernels for x86-64 with avx512.
#if defined(__x86_64__)
#include "CKernels.h"

#include <math.h>

#include "erf.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,f16c"))), apply_to = function)
#define VECTOR_BYTES 64
#define BLOCK 12
#define KERNEL(name) name##_avx512
#define VARIANT_NAME "avx512"
#include "kernels.inc"
#pragma clang attribute pop
#endif
