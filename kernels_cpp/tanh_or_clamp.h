// Fused activations of float recurrent operators: TANH besides those that clamp.
#pragma once

#include <cmath>

#include "kernels_cpp/activation.h"
#include "schema/format.h"

namespace arenite {

inline bool is_tanh_or_clamp(int32_t activation) {
  return activation == format::ActivationFunctionType::TANH || activation_is_fusable(activation);
}

inline float tanh_or_clamp(int32_t activation, float x) {
  return activation == format::ActivationFunctionType::TANH ? std::tanh(x) : activation_range_f32(activation).apply(x);
}

}  // namespace arenite
