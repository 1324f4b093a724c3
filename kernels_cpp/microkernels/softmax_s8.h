// Contracts of softmax in int8. For variants of vector processors only: the plain loops are kernels_cpp/softmax.cc's.
#pragma once

#include <cstdint>

#include "kernels_cpp/exponential.h"
#include "kernels_cpp/fixed_point.h"

namespace arenite {

// values[i], a difference of codes from the largest one, becomes exp(values[i] * multiplier) in Q0.31, multiplied to
// Q5.26; 0 when it is less than `smallest`. i < count.
struct ExponentialsS8 {
  Multiplier multiplier;
  int32_t smallest;  // >= -31 / multiplier
  int32_t* values;
  int32_t count;
};

// From terms in Q0.31 to codes of scale 1/256 with zero point -128: term / sum. The sum is in Q12.19. One of 512 or
// more leaves every share below 1/512, half a step: all results are 0 (TFLite aborts).
struct SoftmaxShare {
  int32_t scale;     // Q0.31
  int32_t exponent;  // in [23, 31]: a term of 1 is in the sum

  explicit SoftmaxShare(uint32_t sum) {
    scale = reciprocal(sum, &exponent);
    exponent += 31 - 8;
    if (exponent <= 31) return;
    scale = 0;
    exponent = 31;
  }
  // Both roundings of a number that is not negative: half a step rides in the upper word of the first one's addend.
  int8_t operator()(int32_t term) const {
    const uint64_t addend = (uint64_t{1} << (32 + exponent - 1)) + (uint64_t{1} << 31);
    const uint64_t product = static_cast<uint64_t>(static_cast<uint32_t>(term)) * (2u * static_cast<uint32_t>(scale));
    const int32_t q = static_cast<int32_t>(static_cast<uint32_t>((product + addend) >> 32) >> exponent);
    return static_cast<int8_t>((q < 256 ? q : 255) - 128);
  }
};

// out[i] = SoftmaxShare(sum)(terms[largest - in[i]]), i < depth, where the sum has 19 bits of fraction of each term,
// rounded, and `largest` is the greatest of in[0 .. depth).
struct SoftmaxS8 {
  const int8_t* in;
  int8_t* out;
  int32_t depth;         // in [1, 2^13)
  const int32_t* terms;  // [256]
};

}  // namespace arenite
