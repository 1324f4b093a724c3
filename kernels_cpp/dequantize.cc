// DEQUANTIZE: real = scale * (q - zero_point). The product of 24 and 9 or 17 bits is rounded once, as TFLite's double
// arithmetic does. A float16 constant is what an operator reads where it lies; only others have it turned to float32.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/half.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  if (is_half(node.input(0))) {
    ARENITE_TRY(check_elementwise(node));
    if (node.input(0).constant) node.spare_result();  // else it has no elements
    return Status::kOk;
  }
  ARENITE_CHECK(node.input(0).scale_count == 1, kBadQuantization);
  return check_elementwise(node);
}

template <typename T>
void dequantize(const Node& node, float scale, int32_t zero_point) {
  for_each_run<T, float>(node, [=](const T* in, float* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = scale * static_cast<float>(in[i] - zero_point);
  });
}

Status widen(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor output = node.output(0);
  if (output.data == nullptr) return Status::kOk;
  WeightsFrom<Half>::at(node.input(0), 0).widen(output.count(), output.as<float>());
  return Status::kOk;
}

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  if (is_half(input)) return widen(node);
  if (is_int16(input)) {
    dequantize<int16_t>(node, input.scale(), input.zero_point);
  } else if (input.type == Type::kUInt8) {
    dequantize<uint8_t>(node, input.scale(), input.zero_point);
  } else {
    dequantize<int8_t>(node, input.scale(), input.zero_point);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(dequantize);
