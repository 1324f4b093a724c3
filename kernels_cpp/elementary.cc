#include "kernels_cpp/elementary.h"

#include <cstdint>
#include <cstring>

namespace arenite {
namespace {

// ln 2 in two parts; the first has 32 bits, so that its product with an exponent is exact.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kOneOverLn2 = 1.44269504088896340736;

constexpr int32_t kExponentBias = 1023;
constexpr int32_t kMantissaBits = 52;

// 2^n for a normal result.
double power_of_two(int32_t n) {
  const uint64_t bits = static_cast<uint64_t>(n + kExponentBias) << kMantissaBits;
  double result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

// 1 / k! for the Taylor series, highest first; the first term left out is below 2^-57 at ln(2) / 2.
constexpr double kInverseFactorials[] = {
    1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
    1.0 / 720,        1.0 / 120,       1.0 / 24,       1.0 / 6,       1.0 / 2,      1.0,         1.0};

// 1 / k for odd k of the series of atanh, highest first; the first term left out is below 2^-60.
constexpr double kInverseOdds[] = {1.0 / 23, 1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13,
                                   1.0 / 11, 1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3,  1.0};

template <int32_t kCount>
double polynomial(const double (&coefficients)[kCount], double x) {
  double sum = 0.0;
  for (const double c : coefficients) sum = sum * x + c;
  return sum;
}

}  // namespace

// e^x = 2^n * e^r with |r| <= ln(2) / 2.
float exact_exp(float x) {
  if (x != x) return x;
  const double limited = x > 128.0f ? 128.0 : (x < -128.0f ? -128.0 : static_cast<double>(x));
  const int32_t n = static_cast<int32_t>(limited * kOneOverLn2 + (limited < 0 ? -0.5 : 0.5));
  const double rest = (limited - n * kLn2High) - n * kLn2Low;
  return static_cast<float>(polynomial(kInverseFactorials, rest) * power_of_two(n));
}

// 1/2 + e^(-x^2/2) / sqrt(2 pi) * (x + x^3 / 3 + x^5 / (3 * 5) + ...), whose terms all have one sign; beyond 6 the
// rest of 1e-9 is left out.
float normal_distribution(float x) {
  constexpr double kOneOverSqrtTwoPi = 0.39894228040143267794;
  if (!(x > -6.0f)) return 0.0f;
  if (x > 6.0f) return 1.0f;
  const double square = static_cast<double>(x) * x;
  double term = x * (kOneOverSqrtTwoPi * exact_exp(static_cast<float>(-0.5 * square)));
  double sum = 0.5 + term;
  for (int32_t odd = 3; term > 1e-9 || term < -1e-9 || odd < square; odd += 2) {
    term = term * square / odd;
    sum += term;
  }
  return static_cast<float>(sum);
}

// ln(m * 2^n) = n * ln 2 + 2 * atanh((m - 1) / (m + 1)) with m in [sqrt(1/2), sqrt(2)).
float exact_log(float x) {
  const double wide = x;
  uint64_t bits;
  std::memcpy(&bits, &wide, sizeof bits);
  int32_t n = static_cast<int32_t>(bits >> kMantissaBits) - kExponentBias;
  double m = wide * power_of_two(-n);
  if (m > 1.41421356237309504880) {
    m *= 0.5;
    ++n;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double twice_atanh = 2.0 * s * polynomial(kInverseOdds, s * s);
  return static_cast<float>(n * kLn2High + (twice_atanh + n * kLn2Low));
}

}  // namespace arenite
