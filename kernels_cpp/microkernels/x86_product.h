// Mul and requantization of the x86 variants; x86_stage.h says who includes this.
//
//   V::widen_bytes(at)   kLanes bytes to int32
#pragma once

#include "kernels_cpp/microkernels/product_s8.h"
#include "kernels_cpp/microkernels/x86_pairs.h"

namespace arenite::x86 {
namespace {

// The one rounding of a factor of 1/2 or more.
template <typename V>
struct LeftScaling {
  typename V::Int32 multiplier;
  typename V::Int32 shift;

  explicit LeftScaling(Multiplier m) : multiplier(V::set(m.multiplier)), shift(V::set(m.shift)) {}
  typename V::Int32 operator()(typename V::Int32 doubled) const {
    const auto x = V::shift_left(doubled, shift);
    const auto half = V::set64(int64_t{1} << 31);
    const auto even = V::add64(V::multiply_even(x, multiplier), half);
    return V::upper_words(even, V::add64(V::multiply_even(V::odd_to_even(x), multiplier), half));
  }
};

// scaling: of doubled products.
template <typename V, typename Scaling>
inline void multiply(const ProductS8& job, Scaling scaling) {
  const ByteLimits<V> limits(job);
  const auto a_offset = V::set(job.a_offset), b_offset = V::set(job.b_offset);
  const auto compute = [&](const int8_t* a, const int8_t* b, int8_t* out) {
    typename V::Int32 y[4];
#pragma GCC unroll 4
    for (int32_t i = 0; i < 4; ++i) {
      const auto x = V::add(V::widen_bytes(a + i * V::kLanes), a_offset);
      const auto product = V::mul(x, V::add(V::widen_bytes(b + i * V::kLanes), b_offset));
      y[i] = scaling(V::add(product, product));
    }
    const auto bytes = V::pack_bytes(y, limits);
    std::memcpy(out, &bytes, 4 * V::kLanes);
  };
  for_each_pair_block<4 * V::kLanes>({job.a, job.b, job.out, job.count, 1, job.b_step}, compute);
}

template <typename V>
inline void product_s8(const ProductS8& job) {
  if (job.count == 0) return;
  if (job.multiplier.shift < 0) {
    multiply<V>(job, VectorScaling<V>(Scaling(job.multiplier)));
  } else {
    multiply<V>(job, LeftScaling<V>(job.multiplier));
  }
}

}  // namespace
}  // namespace arenite::x86
