// Add and sub of the x86 variants; x86_stage.h says who includes this.
//
//   V::widen_bytes(at)   kLanes bytes to int32
#pragma once

#include <cstring>

#include "kernels_cpp/microkernels/sum_s8.h"
#include "kernels_cpp/microkernels/x86_stage.h"

namespace arenite::x86 {
namespace {

// Scaling of every lane.
template <typename V>
struct VectorScaling {
  typename V::Int32 multiplier;
  typename V::Int32 addend;
  typename V::Int32 exponent;

  explicit VectorScaling(const Scaling& s)
      : multiplier(V::set(s.multiplier)),
        addend(V::set64((int64_t{s.half} << 32) + (int64_t{1} << 31))),
        exponent(V::set(s.exponent)) {}

  typename V::Int32 operator()(typename V::Int32 doubled) const {
    const auto even = V::add64(V::multiply_even(doubled, multiplier), addend);
    const auto odd = V::add64(V::multiply_even(V::odd_to_even(doubled), multiplier), addend);
    return V::shift_right(V::add(V::upper_words(even, odd), V::sign(doubled)), exponent);
  }
};

// Four vectors of elements at a time.
template <typename V>
class SumBlock {
 public:
  static constexpr int32_t kBlock = 4 * V::kLanes;

  explicit SumBlock(const SumS8& s)
      : sum_(s), other_scaling_(s.other_scaling), total_(s.total), limits_(limits_of(s)) {}

  template <bool kScaled>
  void compute(const int8_t* wide, const int8_t* other, int8_t* out) const {
    typename V::Int32 y[4];
#pragma GCC unroll 4
    for (int32_t i = 0; i < 4; ++i) {
      const auto w = affine(wide + i * V::kLanes, sum_.wide_factor, sum_.wide_offset);
      auto o = affine(other + i * V::kLanes, sum_.other_factor, sum_.other_offset);
      if (kScaled) o = V::mul(other_scaling_(o), V::set(sum_.sign_of_two));
      y[i] = total_(V::add(w, o));
    }
    const auto bytes = V::pack_bytes(y, limits_);
    std::memcpy(out, &bytes, kBlock);
  }

 private:
  static ByteLimits<V> limits_of(const SumS8& s) {
    OutputStage stage = {};
    stage.zero_point = s.zero_point;
    stage.min = s.min;
    stage.max = s.max;
    return ByteLimits<V>(stage);
  }
  static typename V::Int32 affine(const int8_t* at, int32_t factor, int32_t offset) {
    return V::sub(V::mul(V::widen_bytes(at), V::set(factor)), V::set(offset));
  }

  const SumS8& sum_;
  VectorScaling<V> other_scaling_;
  VectorScaling<V> total_;
  ByteLimits<V> limits_;
};

template <typename V, bool kScaled>
inline void sum_runs(const SumS8& s) {
  constexpr int32_t kBlock = SumBlock<V>::kBlock;
  const SumBlock<V> block(s);
  alignas(64) int8_t wide[kBlock] = {};
  alignas(64) int8_t other[kBlock] = {};
  alignas(64) int8_t out[kBlock];
  if (s.wide_step == 0) std::memset(wide, s.wide[0], kBlock);
  if (s.other_step == 0) std::memset(other, s.other[0], kBlock);
  int32_t i = 0;
  for (; i + kBlock <= s.count; i += kBlock) {
    block.template compute<kScaled>(s.wide_step == 0 ? wide : s.wide + i, s.other_step == 0 ? other : s.other + i,
                                    s.out + i);
  }
  const size_t left = static_cast<size_t>(s.count - i);
  if (left == 0) return;
  if (s.wide_step != 0) std::memcpy(wide, s.wide + i, left);
  if (s.other_step != 0) std::memcpy(other, s.other + i, left);
  block.template compute<kScaled>(wide, other, out);
  std::memcpy(s.out + i, out, left);
}

template <typename V>
inline void sum_s8(const SumS8& s) {
  if (s.scaled) {
    sum_runs<V, true>(s);
  } else {
    sum_runs<V, false>(s);
  }
}

}  // namespace
}  // namespace arenite::x86
