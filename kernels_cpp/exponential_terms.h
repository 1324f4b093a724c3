// Terms exp(x - max) of int8 codes, as softmax and log_softmax of TFLite sum them.
#pragma once

#include "kernels_cpp/exponential.h"
#include "kernels_cpp/fixed_point.h"
#include "kernels_cpp/rows.h"

namespace arenite {

struct ExponentialTerms {
  static constexpr int32_t kIntegerBits = 5;      // differences from the maximum are Q5.26
  static constexpr int32_t kSumIntegerBits = 12;  // the sum is Q12.19

  Multiplier multiplier;  // differences of codes to Q5.26
  int32_t smallest;       // difference that counts: those below would leave Q5.26

  // Where TFLite would stop at a factor of 1 or less, this goes on.
  ExponentialTerms(float beta, float scale) : multiplier(quantize_ratio(beta, scale, 1.0f)) {
    multiplier.shift += 31 - kIntegerBits;
    if (multiplier.shift > 31) multiplier = {INT32_MAX, 31};
    constexpr int32_t kLargest = ((1 << kIntegerBits) - 1) << (31 - kIntegerBits);
    smallest = -(kLargest >> (multiplier.shift > 0 ? multiplier.shift : 0));
  }

  int32_t difference(int32_t codes) const { return multiply_by_quantized_multiplier(codes, multiplier); }
  int32_t exponential(int32_t codes) const { return exp_on_negative_values(difference(codes), kIntegerBits); }

  // A term as sums take it.
  static uint32_t in_sum(int32_t term) {
    return (static_cast<uint32_t>(term) + (1u << (kSumIntegerBits - 1))) >> kSumIntegerBits;
  }

  static int32_t maximum(const int8_t* in, int32_t depth) {
    int32_t largest = INT8_MIN;
    for (int32_t i = 0; i < depth; ++i) largest = in[i] > largest ? in[i] : largest;
    return largest;
  }

  // exp of a difference of codes, 0 when it does not count.
  int32_t term(int32_t codes) const { return codes < smallest ? 0 : exponential(codes); }

  // Each term is 1 at most, so that 2^13 - 1 of them fit.
  uint32_t sum(const int8_t* in, int32_t largest, int32_t depth) const {
    uint32_t total = 0;
    for (int32_t i = 0; i < depth; ++i) {
      total += in_sum(term(in[i] - largest));
    }
    return total;
  }
};

}  // namespace arenite
