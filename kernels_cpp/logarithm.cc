#include "kernels_cpp/logarithm.h"

#include "kernels_cpp/exponential.h"
#include "kernels_cpp/fixed_point.h"

namespace arenite {
namespace {

constexpr int32_t kInputIntegerBits = 12;
constexpr int32_t kSumIntegerBits = 6;  // one more than the result has, so that no step saturates

// Q0.31.
constexpr int32_t kLog2 = 1488522236;
constexpr int32_t kSqrtHalf = 1518500250;
constexpr int32_t kFourthRootHalf = 1805811301;
// Rational approximation of log near fourth_root(1/2): with t = fourth_root(2), 11/240 t, t/20, 2/t - t, t/4.
constexpr int32_t kAlphaN = 117049297;
constexpr int32_t kAlphaD = 127690142;
constexpr int32_t kAlphaI = 1057819769;
constexpr int32_t kAlphaF = 638450708;

int32_t multiply(int32_t a, int32_t b) { return saturating_rounding_doubling_high_mul(a, b); }

// x = mantissa * 2^power.
struct Split {
  int32_t mantissa;  // Q0.31
  int32_t power;     // Q6.25
};

// power * 2^25 + quarters / 4.
int32_t power_of(int32_t power, int32_t quarters) {
  return power * (1 << (31 - kSumIntegerBits)) + quarters * (1 << (29 - kSumIntegerBits));
}

// By the leading bit of x, or by that of x * sqrt(1/2): whichever leaves the smaller mantissa.
Split split(int32_t x) {
  const int32_t zeros = __builtin_clz(static_cast<uint32_t>(x));
  const Split plain = {saturating_shift_left(multiply(x << (zeros - 1), kSqrtHalf), 1),
                       power_of(kInputIntegerBits - zeros, 1)};
  const int32_t headroom = __builtin_clz(static_cast<uint32_t>(multiply(x, kSqrtHalf))) - 1;
  const Split scaled = {saturating_shift_left(x, headroom), power_of(kInputIntegerBits - headroom, -1)};
  return {plain.mantissa < scaled.mantissa ? plain.mantissa : scaled.mantissa,
          plain.power > scaled.power ? plain.power : scaled.power};
}

}  // namespace

int32_t log_of_at_least_one(int32_t x) {
  const Split parts = split(x);
  const int32_t r = parts.mantissa;
  const int32_t mean = static_cast<int32_t>((int64_t{r} + kFourthRootHalf + 1) >> 1);
  const int32_t q = 2 * (r - kFourthRootHalf);
  const int32_t q2 = multiply(q, q);
  const int32_t numerator = multiply(q, r) + multiply(multiply(q, q2), kAlphaN);
  const int32_t denominator = multiply(mean, kAlphaI + q + multiply(kAlphaD, q2)) + multiply(kAlphaF, q);
  const int32_t quotient =
      multiply(rounding_divide_by_pot(numerator, kSumIntegerBits), one_over_one_plus_x(denominator));
  return 2 * (multiply(parts.power, kLog2) + quotient);
}

}  // namespace arenite
