// The kernels for any CPU: 16-byte vectors, which SSE2 and NEON both have.
#include "CKernels.h"

#include <math.h>

#include "erf.h"

#define VECTOR_BYTES 16
#define BLOCK 4
#define KERNEL(name) name##_portable
#define VARIANT_NAME "portable"
#include "kernels.inc"
