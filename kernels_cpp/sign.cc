// SIGN: -1, 0 or 1, element-wise; 0 for NaN.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

template <typename T>
void eval_as(const Node& node) {
  for_each_run<T, T>(node, [](const T* in, T* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = static_cast<T>((in[i] > T{0}) - (in[i] < T{0}));
  });
}

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    eval_as<float>(node);
  } else {
    eval_as<int32_t>(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(sign);
