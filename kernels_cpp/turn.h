// Sine and cosine of fractions of a turn, from whole numbers: the same on every core, and quick without a float unit.
#pragma once

#include <cstdint>

namespace arenite {

struct Direction {
  int64_t cosine, sine;  // Q62
};

constexpr double kPi = 3.14159265358979323846;

// Of `angle`, which is 2 pi * numerator / denominator as some formula in double precision gives it; rounded to the 53
// bits of a double. Where the exact result is halfway between two numbers of a coarser type, as at a sixth of a turn,
// the error of the angle decides which of them programs find that compute in double precision.
// 0 <= numerator < denominator < 2^24.
Direction direction(uint32_t numerator, uint32_t denominator, double angle);

}  // namespace arenite
