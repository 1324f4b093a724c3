// Requantization of vectors of channels on x86. Included, like its users x86_conv.h, x86_depthwise.h and x86_gemm.h,
// only by *_avx2.cc and *_avx512vnni.cc: their type V holds what differs between them. All has internal linkage, so
// that nothing compiled for one processor is linked into another's code.
//
//   V::Int32, V::kLanes   vector of kLanes int32
#pragma once

#include "kernels_cpp/microkernels/output_stage.h"

namespace arenite::x86 {
namespace {

// |x| below which Stage::narrow may double x.
constexpr int64_t kNarrowLimit = 1 << 30;

// The constants of V::kLanes channels.
template <typename V>
struct Stage {
  using Int32 = typename V::Int32;

  Int32 bias;  // where sums start
  Int32 multiplier;
  Int32 shift;
  // Of the narrow form. Even and odd lanes are multiplied apart.
  Int32 odd_multiplier;
  Int32 even_addend;
  Int32 odd_addend;
  Int32 right;
  bool narrow;

  Stage() = default;
  // spread: how far a sum may be from its bias.
  Stage(Int32 start, Int32 m, Int32 s, int64_t spread)
      : bias(start), multiplier(m), shift(s), odd_multiplier(V::odd_to_even(m)), right(V::sub(V::set(0), s)) {
    const Int32 half = V::shift_left(V::set(1), V::sub(right, V::set(1)));
    const Int32 unit = V::set64(int64_t{1} << 31);
    even_addend = V::bit_or(V::even_to_odd(half), unit);
    odd_addend = V::bit_or(V::keep_odd(half), unit);
    const int32_t limit = spread < kNarrowLimit ? static_cast<int32_t>(kNarrowLimit - spread) : 0;
    narrow = V::all_below(s, V::set(0)) && V::all_below(bias, V::set(limit)) && V::all_below(V::set(-limit), bias);
  }

  // Both roundings of multiply_by_quantized_multiplier, lane by lane, without the zero point.
  Int32 apply(Int32 acc, const OutputStage& stage) const {
    return __builtin_expect(narrow, 1) ? scale_narrow(acc) : scale_any(acc, stage);
  }

 private:
  // Right shifts only, and |acc| < 2^30: round(2 * acc * m / 2^32), ties up, is divided by 2^right, ties away from
  // zero: floor((high + half - (acc < 0)) / 2^right). `half` rides in the upper word of the first rounding's addend.
  // Where high is 0 though acc is negative, half - 1 is still shifted out.
  Int32 scale_narrow(Int32 acc) const {
    const Int32 doubled = V::add(acc, acc);
    const Int32 even = V::add64(V::multiply_even(doubled, multiplier), even_addend);
    const Int32 odd = V::add64(V::multiply_even(V::odd_to_even(doubled), odd_multiplier), odd_addend);
    return V::shift_right(V::add(V::upper_words(even, odd), V::sign(acc)), right);
  }

  // Any shift. Clamped here, so that the zero point can be added in 16 bits later.
  Int32 scale_any(Int32 acc, const OutputStage& stage) const {
    const Int32 zero = V::set(0);
    const Int32 one = V::set(1);
    const Int32 left = V::max(shift, zero);
    const Int32 by = V::sub(left, shift);
    const Int32 x = V::shift_left(acc, left);
    const Int32 half = V::set64(int64_t{1} << 30);
    const Int32 even = V::add64(V::multiply_even(x, multiplier), half);
    const Int32 odd = V::add64(V::multiply_even(V::odd_to_even(x), odd_multiplier), half);
    const Int32 high = V::words_from_bit_31(even, odd);
    const Int32 mask = V::sub(V::shift_left(one, by), one);
    const Int32 threshold = V::sub(V::shift_right_logical(mask, one), V::sign(high));
    const Int32 rounded = V::increment_where_greater(V::shift_right(high, by), V::bit_and(high, mask), threshold);
    const Int32 zero_point = V::set(stage.zero_point);
    const Int32 limited = V::max(V::min(V::add(rounded, zero_point), V::set(stage.max)), V::set(stage.min));
    return V::sub(limited, zero_point);
  }
};

// The largest product of a sum: an activation with offset times a weight.
constexpr int64_t kLargestProduct = 255 * 128;

// Bias + correction, multipliers and shifts of channels [first, first + count), count <= V::kLanes. Further lanes are
// harmless.
template <typename V>
inline Stage<V> load_stage(const OutputStage& stage, int32_t first, int32_t count, int64_t spread,
                           typename V::Int32 correction) {
  const OutputStage at = stage.from_channel(first);
  const auto bias = at.bias == nullptr ? correction : V::add(correction, V::load_first(at.bias, count));
  if (at.multiplier_step == 0) {
    return {bias, V::set(at.multipliers->multiplier), V::set(at.multipliers->shift), spread};
  }
  typename V::Int32 multiplier, shift;
  V::load_pairs(reinterpret_cast<const int32_t*>(at.multipliers), count, &multiplier, &shift);
  return {bias, multiplier, shift, spread};
}

// From requantized sums to bytes: zero point and clamp.
template <typename V>
struct ByteLimits {
  typename V::Bytes zero_point;  // 16-bit lanes
  typename V::Bytes min;
  typename V::Bytes max;

  // Of OutputStage, or of another job with these three.
  template <typename Stage>
  explicit ByteLimits(const Stage& stage)
      : zero_point(V::set16(stage.zero_point)), min(V::set8(stage.min)), max(V::set8(stage.max)) {}
};

}  // namespace
}  // namespace arenite::x86
