// SIN: sine, element-wise. Links sinf.
#include <cmath>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

Status eval(const Node& node) {
  map_f32(node, [](float x) { return std::sin(x); });
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(sin);
