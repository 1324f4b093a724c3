// EXP: e^x, element-wise. int8 and int16 read a table. float32 links expf.
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
    map_f32(node, [](float x) { return std::exp(x); });
  } else {
    look_up(node, [](float x, float) { return exact_exp(x); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(exp);
