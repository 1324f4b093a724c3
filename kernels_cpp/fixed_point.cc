#include "kernels_cpp/fixed_point.h"

#include <cstring>

namespace arenite {
namespace {

// value = mantissa * 2^exponent, mantissa in [2^23, 2^24).
struct Float {
  uint32_t mantissa;
  int32_t exponent;
};

constexpr uint32_t kHiddenBit = 1u << 23;

// value finite and > 0, subnormal or not.
Float split(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  Float f = {bits & (kHiddenBit - 1), static_cast<int32_t>(bits >> 23) - 150};
  if (f.exponent != -150) {
    f.mantissa |= kHiddenBit;
    return f;
  }
  ++f.exponent;  // subnormal: same unit as the smallest normal number
  while (f.mantissa < kHiddenBit) {
    f.mantissa <<= 1;
    --f.exponent;
  }
  return f;
}

// One step of long division in radix 256: remainder < divisor < 2^24, so that the dividend fits 32 bits. On Cortex-M3
// and up it is UDIV + MLS; no 64-bit division is linked.
struct LongDivision {
  uint32_t divisor;
  uint32_t remainder;
  uint32_t quotient;
  void step(uint32_t digit, int32_t bits) {
    const uint32_t dividend = (remainder << bits) | digit;
    const uint32_t q = dividend / divisor;
    remainder = dividend - q * divisor;
    quotient = (quotient << bits) | q;
  }
};

// q / 2^32 * 2^exponent, q in [2^31, 2^32), to a multiplier of 31 bits: half rounds up.
Multiplier round_to_multiplier(uint32_t q, int32_t exponent) {
  uint32_t m = (q >> 1) + (q & 1);
  if (m == (1u << 31)) {
    m >>= 1;
    ++exponent;
  }
  if (exponent < -31) return {0, -1};         // TFLite flushes to {0, 0}; a right shift spares kernels a special case
  if (exponent > 30) return {INT32_MAX, 30};  // beyond what the left shift can express
  return {static_cast<int32_t>(m), exponent};
}

}  // namespace

// With c normalized to [2^23, 2^24) and the exact product p of 48 bits, p / c is brought to exactly 32 bits: q and a
// remainder r < c. A double keeps 21 bits below those, so a quotient within half of its last place (2^-22) below q + 1
// reads as q + 1 in double arithmetic: (c - r) / c <= 2^-22. The tie goes to q + 1 too, because its last bit is even.
Multiplier quantize_ratio(float a, float b, float c) {
  const Float fa = split(a);
  const Float fb = split(b);
  const Float fc = split(c);
  uint64_t product = static_cast<uint64_t>(fa.mantissa) * fb.mantissa;
  int32_t exponent = fa.exponent + fb.exponent - fc.exponent + 25;
  while (static_cast<uint32_t>(product >> 24) < fc.mantissa) {  // at most twice
    product <<= 1;
    --exponent;
  }
  // Now c <= product / 2^24 < 2c: the leading bit of the quotient is 1, 31 bits follow.
  const uint32_t low = static_cast<uint32_t>(product) & 0xFFFFFF;
  LongDivision division = {fc.mantissa, static_cast<uint32_t>(product >> 24) - fc.mantissa, 1};
  division.step(low >> 16, 8);
  division.step((low >> 8) & 0xFF, 8);
  division.step(low & 0xFF, 8);
  division.step(0, 7);
  uint32_t q = division.quotient;
  if (q != UINT32_MAX && fc.mantissa - division.remainder <= (fc.mantissa >> 22)) ++q;
  return round_to_multiplier(q, exponent);
}

Multiplier quantize_product(float a, float b, uint32_t factor) {
  const Float fa = split(a);
  const Float fb = split(b);
  const uint64_t product = static_cast<uint64_t>(fa.mantissa) * fb.mantissa * factor;
  const int32_t zeros = __builtin_clzll(product);
  return round_to_multiplier(static_cast<uint32_t>(product << zeros >> 32), fa.exponent + fb.exponent + 64 - zeros);
}

int32_t round_quotient(float a, float b) {
  const Float fa = split(a);
  const Float fb = split(b);
  uint32_t numerator = fa.mantissa;
  int32_t exponent = fa.exponent - fb.exponent - 23;
  if (numerator < fb.mantissa) {
    numerator <<= 1;
    --exponent;
  }
  LongDivision division = {fb.mantissa, numerator - fb.mantissa, 1};
  division.step(0, 8);
  division.step(0, 8);
  division.step(0, 7);
  uint32_t q = division.quotient;                 // 24 bits
  if (2 * division.remainder > fb.mantissa) ++q;  // no tie: b times an odd number of 25 bits is no a of 24
  if (exponent > 7 || (exponent == 7 && q == 1u << 24)) return INT32_MAX;
  if (exponent >= 0) return static_cast<int32_t>(q << exponent);
  if (exponent < -25) return 0;
  return static_cast<int32_t>((q + (1u << (-exponent - 1))) >> -exponent);
}

Multiplier quantize_multiplier(float a) { return quantize_ratio(a, 1.0f, 1.0f); }

}  // namespace arenite
