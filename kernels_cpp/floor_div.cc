// FLOOR_DIV: floor(a / b) with broadcasting; a quotient of 2^31 wraps.
#include <cmath>

#include "kernels_cpp/integer_division.h"

namespace arenite {
namespace {

struct FloorDiv {
  float operator()(float a, float b) const { return std::floor(a / b); }
  int64_t operator()(int64_t a, int64_t b) const {
    const int64_t quotient = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
  }
};

Status prepare(const Node& node, uint32_t*) { return integer_division::prepare(node); }

Status eval(const Node& node) { return integer_division::eval(node, FloorDiv{}); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(floor_div);
