// FLOOR_DIV: floor(a / b) with broadcasting; the quotient of the lowest integer and -1 wraps.
#include <cmath>

#include "kernels_cpp/integer_division.h"

namespace arenite {
namespace {

struct FloorDiv {
  float operator()(float a, float b) const { return std::floor(a / b); }
  int64_t operator()(int64_t a, int64_t b) const {
    if (b == -1) return static_cast<int64_t>(0u - static_cast<uint64_t>(a));  // the lowest one has no opposite
    const int64_t quotient = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
  }
};

Status prepare(const Node& node, uint32_t*) { return check_broadcast(node); }

Status eval(const Node& node) { return integer_division::eval(node, FloorDiv{}); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(floor_div);
