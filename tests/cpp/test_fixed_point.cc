// quantize_ratio and quantize_multiplier against the same computation in doubles, bit for bit.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>

#include "kernels_cpp/fixed_point.h"

namespace {

using arenite::Multiplier;

// TFLite QuantizeMultiplier (double rounding build), the specification in floating point.
Multiplier reference(double real) {
  int exponent = 0;
  const double fraction = std::frexp(real, &exponent);
  int64_t q = static_cast<int64_t>(std::round(fraction * 2147483648.0));
  if (q == (int64_t{1} << 31)) {
    q /= 2;
    ++exponent;
  }
  if (exponent < -31) return {0, -1};  // any shift gives the same products
  if (exponent > 30) return {INT32_MAX, 30};
  return {static_cast<int32_t>(q), exponent};
}

int failures = 0;
int just_below = 0;  // quotients of that kind that were checked

void check(float a, float b, float c) {
  const Multiplier expected = reference(static_cast<double>(a) * static_cast<double>(b) / static_cast<double>(c));
  const Multiplier got = arenite::quantize_ratio(a, b, c);
  if (got.multiplier == expected.multiplier && got.shift == expected.shift) return;
  if (++failures < 10) {
    std::printf("quantize_ratio(%a, %a, %a) = {%d, %d}, expected {%d, %d}\n", a, b, c, got.multiplier, got.shift,
                expected.multiplier, expected.shift);
  }
}

void check_quotient(float a, float b) {
  const float rounded = std::round(a / b);
  const int32_t expected = rounded >= 2147483648.0f ? INT32_MAX : static_cast<int32_t>(rounded);
  const int32_t got = arenite::round_quotient(a, b);
  if (got != expected && ++failures < 10)
    std::printf("round_quotient(%a, %a) = %d, expected %d\n", a, b, got, expected);
}

float from_bits(uint32_t bits) {
  float f;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}

class Random {
 public:
  // Any finite positive float, subnormals included.
  float any() { return from_bits(1 + static_cast<uint32_t>(rng_() % 0x7F7FFFFFu)); }
  // Mantissa random, exponent as scales have it.
  float scale() { return from_bits(((100u + static_cast<uint32_t>(rng_() % 30)) << 23) | (mantissa())); }
  uint32_t mantissa() { return static_cast<uint32_t>(rng_()) & 0x7FFFFF; }
  uint64_t bits() { return rng_(); }

 private:
  std::mt19937_64 rng_{20261121};
};

// Quotients next to a tie of the 31-bit rounding: a * b = c * t / 2^k + d for odd t and small d.
void check_near_ties(Random& random, int count) {
  for (int i = 0; i < count; ++i) {
    const uint32_t c = 0x800000u | random.mantissa();
    const uint64_t t = (uint64_t{1} << 31) | (random.bits() & 0x7FFFFFFF) | 1;
    const uint64_t product = (c * t) >> 8;  // exact product wanted; factor it approximately by a 24-bit number
    const uint32_t a = 0x800000u | random.mantissa();
    const uint64_t b = product / a;
    if (b >= (1u << 24)) continue;
    check(static_cast<float>(a), static_cast<float>(b), static_cast<float>(c));
    check(static_cast<float>(a), static_cast<float>(b + 1), static_cast<float>(c));
  }
}

// What is missing to the next quotient of 32 bits is 1 to 4: on both sides of what doubles can tell. a is a power of
// two, so b * 2^32 = q * c + (c - missing) has the solution b = -missing / 2^32 modulo the odd c.
void check_just_below_ties(Random& random, int count) {
  for (int i = 0; i < count; ++i) {
    const uint64_t c = 0xC00000u | random.mantissa() | 1;
    uint64_t inverse = 1;  // of 2^32
    for (int bit = 0; bit < 32; ++bit) inverse = (inverse % 2 == 0 ? inverse : inverse + c) / 2;
    for (uint64_t missing = 1; missing <= 4; ++missing) {
      const uint64_t b = c - missing * inverse % c;
      if (b < (1u << 23) || b >= (1u << 24)) continue;
      ++just_below;
      check(1.0f, static_cast<float>(b), static_cast<float>(c));
    }
  }
}

// gemmlowp's roundings, as they are written there: a truncating division of a nudged product, a remainder's threshold.
int32_t high_mul(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
  const int64_t product = static_cast<int64_t>(a) * b;
  return static_cast<int32_t>((product + (product >= 0 ? 1 << 30 : 1 - (1 << 30))) / (int64_t{1} << 31));
}

int32_t divide_by_pot(int32_t x, int32_t exponent) {
  const int64_t half = exponent == 0 ? 0 : int64_t{1} << (exponent - 1), magnitude = x < 0 ? -int64_t{x} : x;
  const int64_t rounded = (magnitude + half) >> exponent;  // away from zero
  return static_cast<int32_t>(x < 0 ? -rounded : rounded);
}

void check_narrow(int32_t x, Multiplier m) {
  const int32_t left = m.shift > 0 ? m.shift : 0;
  const int32_t shifted = static_cast<int32_t>(static_cast<uint32_t>(x) << left);
  const int32_t expected = divide_by_pot(high_mul(shifted, m.multiplier), left - m.shift);
  if (arenite::multiply_by_quantized_multiplier(x, m) == expected) return;
  if (++failures < 10) std::printf("%d times {%d, %d}\n", x, m.multiplier, m.shift);
}

void check_rounding(int32_t x, int32_t y, int32_t exponent) {
  const bool right = arenite::rounding_divide_by_pot(x, exponent) == divide_by_pot(x, exponent) &&
                     arenite::saturating_rounding_doubling_high_mul(x, y) == high_mul(x, y);
  if (right || ++failures >= 10) return;
  std::printf("rounding of %d, %d, %d\n", x, y, exponent);
}

// Numbers of all sizes, and ties of either sign.
void check_narrow(Random& random) {
  const Multiplier m = {static_cast<int32_t>(random.bits() & 0x3FFFFFFF) | 1 << 30,
                        static_cast<int32_t>(random.bits() % 62) - 31};
  const int32_t x = static_cast<int32_t>(static_cast<int64_t>(random.bits()) >> (32 + random.bits() % 32));
  const int32_t y = static_cast<int32_t>(random.bits());
  const int32_t exponent = static_cast<int32_t>(random.bits() % 32);
  for (const int32_t near : {x, INT32_MAX, INT32_MIN, INT32_MIN + 1, int32_t{1} << 30, -(1 << 30), x & ~0xFF}) {
    check_narrow(near, m);
    check_narrow(near, {1 << 30, m.shift});
    check_rounding(near, y, exponent);
    check_rounding(near, near, exponent);
  }
}

// TFLite's MultiplyByQuantizedMultiplier for int64_t, as it is written there.
void check_wide(int64_t x, Multiplier m) {
  const int64_t reduced = m.multiplier < 0x7FFF0000 ? (m.multiplier + (1 << 15)) >> 16 : 0x7FFF;
  const int32_t shift = 15 - m.shift;
  const int32_t expected = static_cast<int32_t>((x * reduced + (int64_t{1} << (shift - 1))) >> shift);
  if (arenite::multiply_wide_by_quantized_multiplier(x, m) == expected) return;
  if (++failures < 10) std::printf("%lld times {%d, %d}\n", static_cast<long long>(x), m.multiplier, m.shift);
}

// Sums of 32 bits and of 47, on both sides of ties.
void check_wide(Random& random) {
  const int32_t fraction = static_cast<int32_t>(random.bits() & 0x3FFFFFFF) | 1 << 30;
  const int32_t multiplier =
      random.bits() % 16 == 0 ? INT32_MAX - static_cast<int32_t>(random.bits() % 65536) : fraction;
  const Multiplier m = {multiplier, static_cast<int32_t>(random.bits() % (32 + arenite::kMaxWideShift)) - 31};
  const int64_t x = static_cast<int64_t>(random.bits()) >> (17 + random.bits() % 47);
  for (const int64_t near :
       {x, int64_t{INT32_MAX}, int64_t{INT32_MIN}, int64_t{INT32_MAX} + 1, int64_t{INT32_MIN} - 1}) {
    check_wide(near, m);
  }
}

}  // namespace

int main() {
  Random random;
  for (int i = 0; i < 2000000; ++i) check_wide(random);
  for (int i = 0; i < 500000; ++i) check_narrow(random);
  for (int i = 0; i < 2000000; ++i) check(random.any(), random.any(), random.any());
  for (int i = 0; i < 4000000; ++i) check(random.scale(), random.scale(), random.scale());
  for (int i = 0; i < 1000000; ++i) {
    check_quotient(random.any(), random.any());
    check_quotient(6.0f, random.scale());
    check_quotient(static_cast<float>(2 * (random.bits() % 4096) + 1), static_cast<float>(random.bits() % 64 * 2 + 2));
  }
  check_near_ties(random, 2000000);
  check_just_below_ties(random, 100000);
  if (just_below < 50000) std::printf("only %d quotients just below ties\n", just_below), ++failures;
  for (uint32_t low : {0u, 1u, 2u, 3u, 0x7FFFFEu, 0x7FFFFFu}) {
    for (uint32_t i = 0; i < (1u << 12); ++i) {
      check(from_bits(0x3F800000u | low), from_bits(0x3F800000u | (i << 11)), from_bits(0x40000000u | (low ^ i)));
    }
  }
  for (uint32_t bits : {1u, 2u, 0x7FFFFFu, 0x800000u, 0x3F7FFFFFu, 0x3F800000u, 0x4E7FFFFFu, 0x7F7FFFFFu}) {
    check(from_bits(bits), 1.0f, 1.0f);
    check(1.0f, 1.0f, from_bits(bits));
  }
  if (failures != 0) std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
