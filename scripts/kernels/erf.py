#!/usr/bin/env python3
"""Fits the polynomial of the GELU kernel and prints Sources/CKernels/erf.h.

erfc(x) = t P(t) exp(-x^2) for x >= 0 with t = 1 / (1 + p x). P is the least-squares polynomial on Chebyshev nodes
of t, in 60-digit arithmetic. Needs mpmath.
"""
import mpmath as mp

mp.mp.dps = 60
P = mp.mpf("0.3275911")
DEGREE = 9
LOW = 1 / (1 + P * 6)  # beyond x = 6 the tail is below 3e-17


def target(t):
    x = (1 / t - 1) / P
    return mp.erfc(x) * mp.exp(x * x) / t


nodes = [(LOW + 1) / 2 + (1 - LOW) / 2 * mp.cos(mp.pi * (2 * i + 1) / 80) for i in range(40)]
matrix = mp.matrix(len(nodes), DEGREE + 1)
values = mp.matrix(len(nodes), 1)
for row, t in enumerate(nodes):
    weight = t * mp.exp(-(((1 / t - 1) / P) ** 2))  # what an error of P does to erfc
    for power in range(DEGREE + 1):
        matrix[row, power] = weight * t ** power
    values[row] = weight * target(t)
c = mp.lu_solve(matrix.T * matrix, matrix.T * values)


def polynomial(t):
    return sum(c[i] * t ** i for i in range(DEGREE + 1))


worst = max(
    abs(mp.erfc(x) - t * polynomial(t) * mp.exp(-x * x))
    for x in (mp.mpf(i) / 500 for i in range(3001))
    for t in [1 / (1 + P * x)]
)
print("// Made by scripts/kernels/erf.py; largest error of the polynomial itself: %s." % mp.nstr(worst, 2))
print("#define ERF_P %sf" % mp.nstr(P, 9))
print("#define ERF_DEGREE %d" % DEGREE)
print("static const float erf_coefficients[ERF_DEGREE + 1] = {")
for value in c:
    print("    %sf," % mp.nstr(value, 10))
print("};")
