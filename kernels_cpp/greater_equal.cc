// GREATER_EQUAL: a >= b, element-wise with broadcasting.
#include "kernels_cpp/compare.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return compare::prepare(node); }

Status eval(const Node& node) {
  return compare::eval(node, [](auto a, auto b) { return a >= b; });
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(greater_equal);
