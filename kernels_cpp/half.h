// Weights and biases of float16, turned to float32 one by one as they are read: no RAM, and little beside a product of
// float32. Only constants are float16.
#pragma once

#include "interpreter/kernel.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/types.h"
#include "kernels_cpp/weights.h"

namespace arenite {

struct Half {};  // stands for float16 where a type of weights is asked for

struct HalfWeights {
  const uint16_t* data;
  float operator[](int32_t i) const { return isa::to_float(data[i]); }
  HalfWeights operator+(int32_t n) const { return {data + n}; }
  void widen(int32_t count, float* to) const {
    for (int32_t i = 0; i < count; ++i) to[i] = (*this)[i];
  }
};

template <>
struct WeightsFrom<Half> {
  static HalfWeights at(const Tensor& tensor, int32_t first) { return {tensor.as<uint16_t>() + first}; }
};

// Operand i, or the float16 constant that it was made of.
inline Tensor weights_operand(const Node& node, int32_t i) {
  return ARENITE_FLOAT16 != 0 ? node.half_or_input(i) : node.input(i);
}

// A bias of float32 or float16, or none.
class FloatBias {
 public:
  explicit FloatBias(const Tensor& bias)
      : wide(bias.present && !is_half(bias) ? bias.as<float>() : nullptr),
        half_(bias.present && is_half(bias) ? bias.as<uint16_t>() : nullptr) {}

  float plus(float sum, int32_t n) const {
    if (half_ != nullptr) return sum + isa::to_float(half_[n]);
    return wide == nullptr ? sum : sum + wide[n];
  }

  const float* const wide;  // null: there is none, or it is float16

 private:
  const uint16_t* const half_;
};

}  // namespace arenite
