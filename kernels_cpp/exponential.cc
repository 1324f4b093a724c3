#include "kernels_cpp/exponential.h"

#include "kernels_cpp/fixed_point.h"

namespace arenite {
namespace {

// No two operands below are INT32_MIN, so nothing saturates.
int32_t multiply(int32_t a, int32_t b) { return rounding_doubling_high_mul(a, b); }

// The same of what is not negative, of which one is given doubled: the upper word of a sum.
int32_t multiply_by_doubled(int32_t a, uint32_t doubled) {
  const uint64_t product = static_cast<uint64_t>(static_cast<uint32_t>(a)) * doubled;
  return static_cast<int32_t>((product + (uint64_t{1} << 31)) >> 32);
}

// exp(a) for a Q0.31 in [-1/4, 0): Taylor series of fourth order about -1/8.
int32_t exp_near_minus_one_eighth(int32_t a) {
  constexpr int32_t kExpMinusOneEighth = 1895147668;
  constexpr int32_t kOneThird = 715827883;
  const int32_t x = a + (1 << 28);
  const int32_t x2 = multiply(x, x);
  const int32_t x3 = multiply(x2, x);
  const int32_t x4_over_4 = rounding_divide_by_pot(multiply(x2, x2), 2);
  const int32_t tail = rounding_divide_by_pot(multiply(x4_over_4 + x3, kOneThird) + x2, 1);
  return kExpMinusOneEighth + multiply(kExpMinusOneEighth, x + tail);
}

// 2 * exp(-2^(i - 2)) in Q0.31.
constexpr uint32_t kExpOfPowers[] = {2 * 1672461947u, 2 * 1302514674u, 2 * 790015084u, 2 * 290630308u,
                                     2 * 39332535u,   2 * 720401u,     2 * 242u};

// 2 / (1 + a) in Q2.29: three Newton steps for the reciprocal of (1 + a) / 2, which lies in [1/2, 1).
int32_t two_over_one_plus_x(int32_t a) {
  constexpr int32_t k48Over17 = 1515870810;        // Q2.29
  constexpr int32_t kMinus32Over17 = -1010580540;  // Q2.29
  const int32_t half_denominator = static_cast<int32_t>((static_cast<int64_t>(a) + INT32_MAX + 1) >> 1);
  int32_t x = k48Over17 + multiply(half_denominator, kMinus32Over17);
  for (int32_t i = 0; i < 3; ++i) {
    const int32_t error = (1 << 29) - multiply(half_denominator, x);
    x += saturating_shift_left(multiply(x, error), 2);
  }
  return x;
}

}  // namespace

// a = k/4 + rest with rest in [-1/4, 0): the series gives exp(rest), the bits of k choose factors.
int32_t exp_on_negative_values(int32_t a, int32_t integer_bits) {
  if (a == 0) return INT32_MAX;
  const int32_t fraction_bits = 31 - integer_bits;
  const int32_t quarter = 1 << (fraction_bits - 2);
  const int32_t rest = (a & (quarter - 1)) - quarter;
  const int32_t quarters = rest - a;
  int32_t result = exp_near_minus_one_eighth(rest * (1 << integer_bits));
  for (int32_t i = 0; i < integer_bits + 2; ++i) {
    if ((quarters & (quarter << i)) != 0) result = multiply_by_doubled(result, kExpOfPowers[i]);
  }
  return result;
}

int32_t one_over_one_plus_x(int32_t a) { return saturating_shift_left(two_over_one_plus_x(a), 1); }

int32_t one_minus_x_over_one_plus_x(int32_t a) { return saturating_shift_left(two_over_one_plus_x(a) - (1 << 29), 2); }

int32_t reciprocal(uint32_t x, int32_t* bits_over_unit) {
  constexpr int32_t kIntegerBits = 12;
  const int32_t leading_zeros = __builtin_clz(x);
  *bits_over_unit = kIntegerBits - leading_zeros;
  return one_over_one_plus_x(static_cast<int32_t>((x << leading_zeros) - (1u << 31)));
}

}  // namespace arenite
