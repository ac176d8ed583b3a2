// The kernels for x86-64 with avx2.
#if defined(__x86_64__)
#include "CKernels.h"

#include <math.h>

#include "erf.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define VECTOR_BYTES 32
#define BLOCK 6
#define KERNEL(name) name##_avx2
#define VARIANT_NAME "avx2"
#include "kernels.inc"
#pragma clang attribute pop
#endif
