// Multipliers of channels on x86, in doubles: a float's product is exact there, and the quotient is rounded as TFLite's
// is. x86_stage.h says who includes this.
//
//   V::kPairs                kLanes / 2
//   V::ratios(a, b, c)       the bits of kPairs doubles a * b[i] / c, in 64-bit lanes
#pragma once

#include "kernels_cpp/microkernels/portable.h"

namespace arenite::x86 {
namespace {

// kPairs multipliers in memory order, or false when one of them is beyond the shifts that a multiplier has. So are zero
// and infinity, which a processor that takes subnormal scales for zero would make.
template <typename V>
inline bool to_multipliers(typename V::Int32 bits, typename V::Int32* pairs) {
  constexpr int32_t kBias = 1022;  // of a double whose fraction is in [1/2, 1)
  constexpr int64_t kHiddenBit = int64_t{1} << 52;
  const auto fraction = V::bit_or(V::bit_and(bits, V::set64(kHiddenBit - 1)), V::set64(kHiddenBit));
  const auto rounded = V::template shift_right_64<22>(V::add64(fraction, V::set64(1 << 21)));  // [2^30, 2^31]
  const auto carry = V::template shift_right_64<31>(rounded);
  const auto multiplier = V::sub(rounded, V::template shift_left_64<30>(carry));
  const auto exponent = V::add(V::template shift_right_64<52>(bits), carry);
  // Upper words are zero: within limits of -1 and 1.
  const auto low = V::set64((kBias - 32) - (int64_t{1} << 32));
  const auto high = V::set64((int64_t{1} << 32) | (kBias + 31));
  *pairs = V::bit_or(V::template shift_left_64<32>(V::sub(exponent, V::set64(kBias))), multiplier);
  return V::all_below(low, exponent) && V::all_below(exponent, high);
}

template <typename V>
inline void quantize_ratios(const QuantizeRatios& r) {
  int32_t i = 0;
  for (; i + V::kPairs <= r.count; i += V::kPairs) {
    typename V::Int32 pairs;
    if (!to_multipliers<V>(V::ratios(r.a, r.b + i, r.c), &pairs)) break;
    V::store(r.to + i, pairs);
  }
  portable::quantize_ratios({r.a, r.b + i, r.c, r.count - i, r.to + i});
}

}  // namespace
}  // namespace arenite::x86
