// ELU: x, or e^x - 1 where x is negative. int8 reads a table. float32 links expm1f.
#include <cmath>

#include "kernels_cpp/elementary.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"
#include "kernels_cpp/table.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  *scratch_bytes = table_scratch(node.input(0));
  return check_elementwise(node);
}

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    map_f32(node, [](float x) { return x < 0.0f ? std::expm1(x) : x; });
  } else {
    look_up(node, [](float x, float) { return x < 0.0f ? exact_exp(x) - 1.0f : x; });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(elu);
