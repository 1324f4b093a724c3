// GELU: x * P(X <= x) for a standard normal X, or its approximation by tanh. Links erfcf and tanhf.
#include <cmath>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"

namespace arenite {
namespace {

constexpr float kSqrtHalf = 0.70710678118654752f;
constexpr float kSqrtTwoOverPi = 0.79788456080286536f;

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

Status eval(const Node& node) {
  if (node.option_i8(format::GeluOptions::approximate, 0) != 0) {
    map_f32(node,
            [](float x) { return 0.5f * x * (1.0f + std::tanh(kSqrtTwoOverPi * x * (1.0f + 0.044715f * x * x))); });
  } else {
    map_f32(node, [](float x) { return 0.5f * x * std::erfc(-kSqrtHalf * x); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(gelu);
