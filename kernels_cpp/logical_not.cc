// LOGICAL_NOT, element-wise.
#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

Status eval(const Node& node) {
  for_each_run<uint8_t, bool>(node, [](const uint8_t* in, bool* out, int32_t n) {
    for (int32_t i = 0; i < n; ++i) out[i] = in[i] == 0;
  });
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(logical_not);
