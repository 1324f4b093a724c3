// LOG: natural logarithm, element-wise. int8 and int16 read a table, in which x <= 0 gives the lowest code. float32
// links logf.
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
    map_f32(node, [](float x) { return std::log(x); });
  } else {
    look_up(node, [](float x, float lowest) { return x > 0.0f ? exact_log(x) : lowest; });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(log);
