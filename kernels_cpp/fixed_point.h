// Fixed-point arithmetic of TFLite Micro's integer kernels (gemmlowp, double rounding), bit for bit.
// Integers only: nothing here needs a float unit or the soft-float library.
#pragma once

#include <cstdint>

namespace arenite {

// real ≈ multiplier * 2^(shift - 31).
struct Multiplier {
  int32_t multiplier;  // Q0.31, in [2^30, 2^31), or 0
  int32_t shift;       // in [-31, 30]; positive is left; -1 with multiplier 0
};

// round(a * b / 2^31), ties up; saturates the one overflow a == b == INT32_MIN. (gemmlowp
// SaturatingRoundingDoublingHighMul: its truncating division of nudged values equals this floor.)
inline int32_t saturating_rounding_doubling_high_mul(int32_t a, int32_t b) {
  if (a == b && a == INT32_MIN) return INT32_MAX;
  return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 30)) >> 31);
}

// x * 2^bits, saturated.
inline int32_t saturating_shift_left(int32_t x, int32_t bits) {
  const int32_t limit = INT32_MAX >> bits;
  if (x > limit) return INT32_MAX;
  if (x < -limit) return INT32_MIN;
  return x * (1 << bits);
}

// round(x / 2^exponent), ties away from zero; exponent in [0, 31]. (gemmlowp RoundingDivideByPOT)
inline int32_t rounding_divide_by_pot(int32_t x, int32_t exponent) {
  const int32_t mask = static_cast<int32_t>((uint32_t{1} << exponent) - 1);
  const int32_t remainder = x & mask;
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

// round(a * m / 2^31), ties up, for m >= 0: what saturates above cannot occur.
inline int32_t rounding_doubling_high_mul(int32_t a, int32_t m) {
  // Where m is used several times GCC 12 would widen it once, and then multiply 64 by 64 bits on a 32-bit core.
  asm("" : "+r"(m));
  return static_cast<int32_t>((static_cast<int64_t>(a) * m + (int64_t{1} << 30)) >> 31);
}

// x * m with both roundings (TFLite MultiplyByQuantizedMultiplier). The left shift wraps as TFLM's does.
inline int32_t multiply_by_quantized_multiplier(int32_t x, Multiplier m) {
  if (m.shift >= 0) {
    return rounding_doubling_high_mul(static_cast<int32_t>(static_cast<uint32_t>(x) << m.shift), m.multiplier);
  }
  // rounding_divide_by_pot by -shift >= 1 in four instructions: one less when negative turns half up into half away
  // from zero. |high| <= 2^31 - 2, so that nothing overflows.
  int32_t high = rounding_doubling_high_mul(x, m.multiplier);
  high += high >> 31;
  return ((high >> ~m.shift) + 1) >> 1;
}

// The same for sums of 64 bits, |x| < 2^47: one rounding, ties up, with the 16 upper bits of the multiplier. Shifts
// above kMaxWideShift have no meaning. (TFLite's MultiplyByQuantizedMultiplier for int64_t)
constexpr int32_t kMaxWideShift = 7;
inline int32_t multiply_wide_by_quantized_multiplier(int64_t x, Multiplier m) {
  const int32_t upper = m.multiplier < 0x7FFF0000 ? (m.multiplier + (1 << 15)) & ~0xFFFF : 0x7FFF0000;
  const int32_t narrow = static_cast<int32_t>(x);
  if (narrow == x && m.shift <= -2) {
    // With 16 more bits of fraction its lower word is one that rounding does not ask for.
    const int32_t high = static_cast<int32_t>((static_cast<int64_t>(narrow) * upper) >> 32);
    return ((high >> (-2 - m.shift)) + 1) >> 1;
  }
  const int32_t shift = 15 - m.shift;
  const uint64_t product = static_cast<uint64_t>(x) * static_cast<uint64_t>(upper >> 16);  // wraps outside the range
  return static_cast<int32_t>(static_cast<int64_t>(product + (uint64_t{1} << (shift - 1))) >> shift);
}

inline int32_t clamp(int32_t x, int32_t low, int32_t high) { return x < low ? low : (x > high ? high : x); }

// QuantizeMultiplier(double(a) * double(b) / double(c)) of TFLite without doubles, with the same bits: the quotient is
// rounded to 53 bits as a double would be, then to 31. a, b, c finite and > 0.
Multiplier quantize_ratio(float a, float b, float c);

// QuantizeMultiplier(double(a)) for a > 0.
Multiplier quantize_multiplier(float a);

// QuantizeMultiplier(double(a) * double(b) * factor); the exact product is rounded once. factor in [1, 2^16).
Multiplier quantize_product(float a, float b, uint32_t factor);

// round(a / b) as float arithmetic gives it: the quotient rounded to 24 bits, then to an integer, ties away from zero.
// a, b finite and > 0. A quotient of 2^31 or more saturates to INT32_MAX.
int32_t round_quotient(float a, float b);

}  // namespace arenite
