// FLOOR_MOD: a - floor(a / b) * b with broadcasting; the result has b's sign.
#include <cmath>

#include "kernels_cpp/integer_division.h"

namespace arenite {
namespace {

struct FloorMod {
  float operator()(float a, float b) const {
    const float rest = std::fmod(a, b);
    return rest != 0.0f && (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
  }
  int64_t operator()(int64_t a, int64_t b) const {
    if (b == -1) return 0;  // the lowest one has no opposite
    const int64_t rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
};

Status prepare(const Node& node, uint32_t*) { return check_broadcast(node); }

Status eval(const Node& node) { return integer_division::eval(node, FloorMod{}); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(floor_mod);
