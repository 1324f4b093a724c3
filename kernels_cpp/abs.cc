// ABS: |x|, element-wise. int8: requantized; where both scales are equal exactly 1 : 1.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"

namespace arenite {
namespace {

struct AbsS8 {
  Multiplier multiplier;
  int32_t zero_in;
  int32_t zero_out;

  AbsS8(const Tensor& input, const Tensor& output)
      : multiplier(quantize_ratio(input.scale(), 1.0f, output.scale())),
        zero_in(input.zero_point),
        zero_out(output.zero_point) {}
  int8_t operator()(int32_t q) const {
    const int32_t x = q < zero_in ? zero_in - q : q - zero_in;
    return saturate_s8(multiply_by_quantized_multiplier(x, multiplier), zero_out);
  }
};

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  *scratch_bytes = map_scratch(node.input(0));
  return check_elementwise(node);
}

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    map_f32(node, [](float x) { return __builtin_fabsf(x); });
  } else {
    map_s8(node, AbsS8(node.input(0), node.output(0)));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(abs);
