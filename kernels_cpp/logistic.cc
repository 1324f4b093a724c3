// LOGISTIC: 1 / (1 + exp(-x)). int8: gemmlowp's fixed-point functions as in TFLite Micro (LiteRT reads a table made
// with floats instead, up to one step apart). float32 links expf.
#include <cmath>

#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/exponential.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

constexpr int32_t kIntegerBits = 4;  // the input is Q4.27
constexpr int32_t kCodes = 256;

// Tensors larger than the table of all codes are looked up in it.
bool uses_table(const Tensor& input) { return input.count() > kCodes; }

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  ARENITE_TRY(check_elementwise(node));
  if (is_float(input)) return Status::kOk;
  ARENITE_CHECK(output.scale() == 1.0f / 256.0f && output.zero_point == INT8_MIN, kBadQuantization);
  if (uses_table(input)) *scratch_bytes = kCodes;
  return Status::kOk;
}

// 1 / (1 + exp(-x)): x Q4.27, result Q0.31.
int32_t logistic(int32_t x) {
  if (x == 0) return 1 << 30;
  const int32_t positive = one_over_one_plus_x(exp_on_negative_values(x > 0 ? -x : x, kIntegerBits));
  return x > 0 ? positive : INT32_MAX - positive;
}

struct LogisticS8 {
  Multiplier multiplier;
  int32_t zero_point;
  int32_t radius;  // |q - zero_point| from which on the result is 0 or 1

  explicit LogisticS8(const Tensor& input)
      : multiplier(quantize_multiplier(input.scale())), zero_point(input.zero_point) {
    multiplier.shift += 31 - kIntegerBits;
    const int32_t largest = ((1 << kIntegerBits) - 1) << (31 - kIntegerBits);
    const int32_t shift = clamp(multiplier.shift, 0, 31);
    // With scales of 8 and more TFLite's radius is 0 and it gives 0 for an input of 0; one half is right.
    radius = (largest >> shift) > 0 ? largest >> shift : 1;
  }

  int8_t operator()(int32_t q) const {
    const int32_t x = q - zero_point;
    if (x <= -radius) return INT8_MIN;
    if (x >= radius) return INT8_MAX;
    const int32_t y = rounding_divide_by_pot(logistic(multiply_by_quantized_multiplier(x, multiplier)), 31 - 8);
    return static_cast<int8_t>(clamp(y + INT8_MIN, INT8_MIN, INT8_MAX));
  }
};

void eval_s8(const Node& node) {
  const Tensor input = node.input(0);
  const LogisticS8 function(input);
  int8_t* const table = uses_table(input) ? static_cast<int8_t*>(node.scratch()) + kCodes / 2 : nullptr;
  if (table != nullptr) {
    for (int32_t q = INT8_MIN; q <= INT8_MAX; ++q) table[q] = function(q);
  }
  for_each_run<int8_t, int8_t>(node, [=](const int8_t* in, int8_t* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = table != nullptr ? table[in[i]] : function(in[i]);
  });
}

// exp never overflows: its argument is not positive.
float logistic_f32(float x) {
  const float e = std::exp(x < 0.0f ? x : -x);
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

void eval_f32(const Node& node) {
  for_each_run<float, float>(node, [](const float* in, float* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = logistic_f32(in[i]);
  });
}

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    eval_f32(node);
  } else {
    eval_s8(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(logistic);
