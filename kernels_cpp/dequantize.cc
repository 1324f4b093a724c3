// DEQUANTIZE: real = scale * (q - zero_point). The product of 24 and 9 bits is rounded once, as TFLite's double
// arithmetic does.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  const float scale = input.scale();
  const int32_t zero_point = input.zero_point;
  for_each_run<int8_t, float>(node, [=](const int8_t* in, float* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = scale * static_cast<float>(in[i] - zero_point);
  });
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(dequantize);
