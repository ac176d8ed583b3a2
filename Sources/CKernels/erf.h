// Made by scripts/kernels/erf.py; largest error of the polynomial itself: 3.9e-12.
#define ERF_P 0.3275911f
#define ERF_DEGREE 9
static const float erf_coefficients[ERF_DEGREE + 1] = {
    0.1874547538f,
    0.1536535333f,
    0.3362026435f,
    -0.3186557081f,
    0.9796396391f,
    -0.8367320782f,
    0.5894933894f,
    -0.002037012445f,
    -0.1179557628f,
    0.02893660251f,
};
