// Contract of the products of int16 activations with int8 weights.
#pragma once

#include <cstddef>
#include <cstdint>

namespace arenite {

constexpr int32_t kDots = 4;  // rows of weights that share the loads of the activations

// sums[i] = sum_k x[k] * weights[i * pitch + k], i < kDots, k < count. Exact. Any alignment that the types allow; reads
// nothing past the end.
struct DotsS16 {
  const int16_t* x;
  const int8_t* weights;
  int32_t pitch;
  int32_t count;
};

// As many products fit 32 bits: 508 * 2^15 * 2^7 < 2^31.
constexpr int32_t kNarrowProducts = 508;

struct NarrowSums {
  int32_t s0, s1, s2, s3;
};

// For variants that sum in 32 bits: multiply(dots, sums) for at most kNarrowProducts at a time.
template <typename Multiply>
inline void sum_in_parts(DotsS16 dots, int64_t* sums, Multiply multiply) {
  int64_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (int32_t left = dots.count; left > 0; left -= kNarrowProducts) {
    dots.count = left < kNarrowProducts ? left : kNarrowProducts;
    NarrowSums part = {0, 0, 0, 0};
    multiply(dots, part);
    s0 += part.s0;
    s1 += part.s1;
    s2 += part.s2;
    s3 += part.s3;
    dots.x += dots.count;
    dots.weights += dots.count;
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
}

}  // namespace arenite
