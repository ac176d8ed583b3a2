// SIMD kernels behind one header; see docs/architecture.md.
#ifndef CKERNELS_H
#define CKERNELS_H
#endif
