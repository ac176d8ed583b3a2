// What the machine itself can do: the rates that shares of peak are shares of.
#ifndef CKERNELS_MEASURE_H
#define CKERNELS_MEASURE_H

#include <stddef.h>
#include <stdint.h>

/// Fused multiply-adds between registers, as wide and as many at a time as the CPU has them.
///
/// Touches no memory. Returns the floating-point operations done (a fused multiply-add counts as two). `seed` is a
/// finite value to begin with, and gets one that depends on every operation.
size_t ckernels_fma(size_t rounds, float *seed);

/// Reads memory once, front to back, with the widest loads, and returns the exclusive or of it.
///
/// `memory` is aligned to 64 bytes; `bytes` is a multiple of 512.
uint64_t ckernels_read(const void *memory, size_t bytes);

#endif
