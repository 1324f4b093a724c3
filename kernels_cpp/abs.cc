// ABS: |x|, element-wise. int8 and int16: requantized; where both scales are equal exactly 1 : 1.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"

namespace arenite {
namespace {

// Steps of the output's scale.
struct Abs {
  Multiplier multiplier;
  int32_t zero_in;

  Abs(const Tensor& input, const Tensor& output)
      : multiplier(quantize_ratio(input.scale(), 1.0f, output.scale())), zero_in(input.zero_point) {}
  int32_t operator()(int32_t q) const {
    return multiply_by_quantized_multiplier(q < zero_in ? zero_in - q : q - zero_in, multiplier);
  }
};

void eval_codes(const Node& node) {
  const Abs function(node.input(0), node.output(0));
  const int32_t zero_out = node.output(0).zero_point;
  if (is_int16(node.input(0))) {
    map<int16_t>(node, [=](int32_t q) { return saturate_s16(function(q)); });
  } else {
    map_s8(node, [=](int32_t q) { return saturate_s8(function(q), zero_out); });
  }
}

// The one value without a counterpart stays.
int32_t magnitude(int32_t x) { return x < 0 ? static_cast<int32_t>(0u - static_cast<uint32_t>(x)) : x; }

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  *scratch_bytes = map_scratch(node.input(0));
  return check_elementwise(node);
}

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    map_f32(node, [](float x) { return __builtin_fabsf(x); });
  } else if (is_integer(node.input(0))) {
    map<int32_t>(node, magnitude);
  } else {
    eval_codes(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(abs);
