// LOG: natural logarithm, element-wise. int8: the lowest code for x <= 0. float32 links logf.
#include <cmath>

#include "kernels_cpp/elementary.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/table_s8.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  *scratch_bytes = map_scratch(node.input(0));
  return check_elementwise(node);
}

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    map_f32(node, [](float x) { return std::log(x); });
  } else {
    table_s8(node, [](float x) { return x > 0.0f ? exact_log(x) : -__builtin_huge_valf(); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(log);
