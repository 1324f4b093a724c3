#include "kernels_cpp/turn.h"

#include <cstring>

#include "kernels_cpp/bits.h"

namespace arenite {
namespace {

constexpr uint64_t kOne = uint64_t{1} << 62;
constexpr uint64_t kQuarterPi = 0xC90FDAA22168C235;  // Q64
constexpr uint64_t kTurnLow = 0x7ED5110B4611A626;    // 2 pi, Q72, modulo 2^64

// Upper half of the product.
uint64_t multiply_high(uint64_t a, uint64_t b) {
  const uint64_t a0 = static_cast<uint32_t>(a), a1 = a >> 32, b0 = static_cast<uint32_t>(b), b1 = b >> 32;
  const uint64_t middle = a1 * b0 + ((a0 * b0) >> 32);
  const uint64_t crossed = a0 * b1 + static_cast<uint32_t>(middle);
  return a1 * b1 + (middle >> 32) + (crossed >> 32);
}

// numerator / denominator in Q64, at most the largest such number; by long division in two steps of 32 bits.
uint64_t ratio(uint32_t numerator, uint32_t denominator) {
  if (numerator == denominator) return UINT64_MAX;
  uint64_t rest = uint64_t{numerator} << 32, result = 0;
  for (int32_t step = 0; step < 2; ++step) {
    const uint64_t digit = rest / denominator;
    result = result << 32 | digit;
    rest = (rest - digit * denominator) << 32;
  }
  return result;
}

constexpr int32_t kTerms = 9;

struct Reciprocals {
  uint64_t of[2 * kTerms + 1];  // of[n]: 1 / (n (n + 1)), Q64
};

constexpr Reciprocals make_reciprocals() {
  Reciprocals result = {};
  for (uint32_t n = 1; n <= 2 * kTerms; ++n) result.of[n] = UINT64_MAX / (n * (n + 1));
  return result;
}

constexpr Reciprocals kReciprocals = make_reciprocals();

// 1 - x^2 / (n (n+1)) (1 - x^2 / ((n+2) (n+3)) (...)): cosine for n = 1, sine over x for n = 2. Q62; x^2 in Q64.
uint64_t series(uint64_t square, int32_t n) {
  uint64_t sum = kOne;
  for (int32_t i = n + 2 * (kTerms - 1); i >= n; i -= 2) {
    sum = kOne - multiply_high(multiply_high(square, sum), kReciprocals.of[i]);
  }
  return sum;
}

// Of an angle of `part` (Q64) of an eighth of a turn.
Direction in_octant(uint64_t part) {
  const uint64_t angle = multiply_high(part, kQuarterPi);
  const uint64_t square = multiply_high(angle, angle);
  return {static_cast<int64_t>(series(square, 1)), static_cast<int64_t>(multiply_high(angle, series(square, 2)))};
}

Direction on_circle(uint32_t numerator, uint32_t denominator) {
  const uint32_t eighths = 8 * numerator, octant = eighths / denominator, rest = eighths % denominator;
  // Odd octants are mirrored, so that the angle to compute is at most an eighth of a turn.
  Direction d = in_octant(ratio(octant % 2 == 0 ? rest : denominator - rest, denominator));
  if (octant % 4 == 1 || octant % 4 == 2) d = {d.sine, d.cosine};
  const bool left = octant >= 2 && octant < 6, down = octant >= 4;
  return {left ? -d.cosine : d.cosine, down ? -d.sine : d.sine};
}

// angle - 2 pi * numerator / denominator in Q62: the products of both with the denominator, in Q72, differ little, so
// that it is enough to know them modulo 2^64. The angle is 0 or at least 2^-20.
int64_t error_of(uint32_t numerator, uint32_t denominator, double angle) {
  if (numerator == 0) return 0;
  uint64_t bits;
  std::memcpy(&bits, &angle, sizeof(bits));
  const uint64_t mantissa = (bits & ((uint64_t{1} << 52) - 1)) | uint64_t{1} << 52;
  const int32_t exponent = static_cast<int32_t>(bits >> 52) - 1023 - 52;
  const uint64_t difference = (mantissa << (72 + exponent)) * denominator - kTurnLow * numerator;
  return static_cast<int64_t>(difference) / static_cast<int64_t>(denominator) / 1024;
}

// To 53 significant bits.
int64_t as_double(int64_t x) {
  const uint64_t magnitude = static_cast<uint64_t>(x < 0 ? -x : x);
  const int32_t unused = bit_length(magnitude) - 53;
  if (unused <= 0) return x;
  const int64_t rounded = static_cast<int64_t>(((magnitude >> (unused - 1)) + 1) >> 1 << unused);
  return x < 0 ? -rounded : rounded;
}

// x * y for a small x; y in Q62.
int64_t part(int64_t x, int64_t y) { return (x * (y >> 42)) / (1 << 20); }

}  // namespace

Direction direction(uint32_t numerator, uint32_t denominator, double angle) {
  const Direction d = on_circle(numerator, denominator);
  const int64_t error = error_of(numerator, denominator, angle);
  return {as_double(d.cosine - part(error, d.sine)), as_double(d.sine + part(error, d.cosine))};
}

}  // namespace arenite
