// The kernels for 64-bit Arm: 16-byte vectors, of which there are 32.
#if defined(__aarch64__)
#include "CKernels.h"

#include <math.h>

#include "erf.h"

#define VECTOR_BYTES 16
#define BLOCK 12
#define KERNEL(name) name##_neon
#define VARIANT_NAME "neon"
#include "kernels.inc"
#endif
