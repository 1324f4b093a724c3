// Add and sub of the x86 variants; x86_stage.h says who includes this.
//
//   V::widen_bytes(at)   kLanes bytes to int32
#pragma once

#include "kernels_cpp/microkernels/sum_s8.h"
#include "kernels_cpp/microkernels/x86_pairs.h"

namespace arenite::x86 {
namespace {

// Four vectors of elements at a time.
template <typename V>
class SumBlock {
 public:
  static constexpr int32_t kBlock = 4 * V::kLanes;

  explicit SumBlock(const SumS8& s) : sum_(s), other_scaling_(s.other_scaling), total_(s.total), limits_(s) {}

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
  static typename V::Int32 affine(const int8_t* at, int32_t factor, int32_t offset) {
    return V::sub(V::mul(V::widen_bytes(at), V::set(factor)), V::set(offset));
  }

  const SumS8& sum_;
  VectorScaling<V> other_scaling_;
  VectorScaling<V> total_;
  ByteLimits<V> limits_;
};

template <typename V>
inline void sum_s8(const SumS8& s) {
  const SumBlock<V> block(s);
  for_each_pair_block<SumBlock<V>::kBlock>({s.wide, s.other, s.out, s.count, s.wide_step, s.other_step},
                                           [&](const int8_t* wide, const int8_t* other, int8_t* out) {
                                             if (s.scaled) {
                                               block.template compute<true>(wide, other, out);
                                             } else {
                                               block.template compute<false>(wide, other, out);
                                             }
                                           });
}

}  // namespace
}  // namespace arenite::x86
