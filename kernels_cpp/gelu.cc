// GELU: x * P(X <= x) for a standard normal X, or its approximation by tanh. int8 and int16 read a table. float32 links
// erfcf and tanhf.
#include <cmath>

#include "kernels_cpp/elementary.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"
#include "kernels_cpp/table.h"

namespace arenite {
namespace {

constexpr float kSqrtHalf = 0.70710678118654752f;
constexpr float kSqrtTwoOverPi = 0.79788456080286536f;

bool approximates(const Node& node) { return node.option_i8(format::GeluOptions::approximate, 0) != 0; }

// (1 + tanh(u)) / 2 = 1 / (1 + e^-2u).
float approximate_gelu(float x, float) {
  const float u = kSqrtTwoOverPi * x * (1.0f + 0.044715f * x * x);
  return x / (1.0f + exact_exp(-2.0f * u));
}

float exact_gelu(float x, float) { return x < -6.0f ? 0.0f : x * normal_distribution(x); }

void eval_f32(const Node& node) {
  if (approximates(node)) {
    map_f32(node,
            [](float x) { return 0.5f * x * (1.0f + std::tanh(kSqrtTwoOverPi * x * (1.0f + 0.044715f * x * x))); });
  } else {
    map_f32(node, [](float x) { return 0.5f * x * std::erfc(-kSqrtHalf * x); });
  }
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  *scratch_bytes = table_scratch(node.input(0));
  return check_elementwise(node);
}

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    eval_f32(node);
  } else {
    look_up(node, approximates(node) ? approximate_gelu : exact_gelu);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(gelu);
