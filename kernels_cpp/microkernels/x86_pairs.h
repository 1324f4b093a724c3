// Operators on two operands element by element; x86_stage.h says who includes this.
#pragma once

#include <cstring>

#include "kernels_cpp/microkernels/scaling.h"
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

// Elements a[i * a_step] and b[i * b_step], i < count; steps are 0 or 1.
struct Pairs {
  const int8_t* a;
  const int8_t* b;
  int8_t* out;
  int32_t count;
  int32_t a_step;
  int32_t b_step;
};

// compute(a, b, out) for blocks of kBlock elements. The last one may be short; it is computed aside.
template <int32_t kBlock, typename Compute>
inline void for_each_pair_block(const Pairs& pairs, Compute compute) {
  alignas(64) int8_t a[kBlock] = {};
  alignas(64) int8_t b[kBlock] = {};
  alignas(64) int8_t out[kBlock];
  if (pairs.a_step == 0) std::memset(a, pairs.a[0], kBlock);
  if (pairs.b_step == 0) std::memset(b, pairs.b[0], kBlock);
  int32_t i = 0;
  for (; i + kBlock <= pairs.count; i += kBlock) {
    compute(pairs.a_step == 0 ? a : pairs.a + i, pairs.b_step == 0 ? b : pairs.b + i, pairs.out + i);
  }
  const size_t left = static_cast<size_t>(pairs.count - i);
  if (left == 0) return;
  if (pairs.a_step != 0) std::memcpy(a, pairs.a + i, left);
  if (pairs.b_step != 0) std::memcpy(b, pairs.b + i, left);
  compute(a, b, out);
  std::memcpy(pairs.out + i, out, left);
}

}  // namespace
}  // namespace arenite::x86
