// RSQRT: 1 / sqrt(x), element-wise.
#include <cmath>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_elementwise(node); }

Status eval(const Node& node) {
  map_f32(node, [](float x) { return 1.0f / std::sqrt(x); });
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(rsqrt);
