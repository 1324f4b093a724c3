// Operands that the operators of weights share.
#pragma once

#include "interpreter/kernel.h"
#include "kernels_cpp/fixed_point.h"

namespace arenite {

struct Weighted {
  Tensor input;
  Tensor filter;
  Tensor bias;  // [outputs] or absent
  Tensor output;
  int32_t activation;

  explicit Weighted(const Node& node);  // all but the activation

  // What the sums of output channel n are scaled with.
  Multiplier multiplier_of(int32_t n) const;
  int32_t bias_of(int32_t n) const { return bias.present ? bias.as<int32_t>()[n] : 0; }
};

}  // namespace arenite
