// NEG: -x, element-wise; of int32 and int64 the lowest value stays.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

Status eval(const Node& node) {
  const Type type = node.input(0).type;
  if (is_float(node.input(0))) {
    map_f32(node, [](float x) { return -x; });
  } else if (ARENITE_INT32 != 0 && type == Type::kInt32) {
    map<int32_t>(node, [](int32_t x) { return static_cast<int32_t>(0u - static_cast<uint32_t>(x)); });
  } else if (ARENITE_INT32 != 0) {
    map<int64_t>(node, [](int64_t x) { return static_cast<int64_t>(uint64_t{0} - static_cast<uint64_t>(x)); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(neg);
