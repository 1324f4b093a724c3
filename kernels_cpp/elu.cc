// ELU: x, or e^x - 1 where x is negative. float32 links expm1f.
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
    map_f32(node, [](float x) { return x < 0.0f ? std::expm1(x) : x; });
  } else {
    table_s8(node, [](float x) { return x < 0.0f ? exact_exp(x) - 1.0f : x; });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(elu);
