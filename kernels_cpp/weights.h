// Weights of any type behind one subscript, for loops that are the same for all of them.
#pragma once

#include "interpreter/tensor.h"
#include "kernels_cpp/microkernels/int4.h"

namespace arenite {

struct Int4 {};  // stands for two weights in a byte where a type is asked for

struct Int4Weights {
  const uint8_t* packed;
  int32_t first;
  int32_t operator[](int32_t i) const { return int4_at(packed, first + i); }
  Int4Weights operator+(int32_t n) const { return {packed, first + n}; }
};

template <typename Weight>
struct WeightsFrom {
  static const Weight* at(const Tensor& tensor, int32_t first) { return tensor.as<Weight>() + first; }
};

template <>
struct WeightsFrom<Int4> {
  static Int4Weights at(const Tensor& tensor, int32_t first) { return {tensor.as<uint8_t>(), first}; }
};

}  // namespace arenite
