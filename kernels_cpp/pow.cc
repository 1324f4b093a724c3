// POW: a to the power of b with broadcasting. int32 wraps, and an exponent below zero is BadValue. float32 links powf.
#include <cmath>

#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_broadcast(node); }

int32_t integer_power(int32_t base, int32_t exponent) {
  uint32_t square = static_cast<uint32_t>(base);
  uint32_t result = 1;
  for (; exponent > 0; exponent >>= 1, square *= square) {
    if ((exponent & 1) != 0) result *= square;
  }
  return static_cast<int32_t>(result);
}

Status eval_integers(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor exponents = node.input(1);
  for (int32_t i = 0; i < exponents.count(); ++i) ARENITE_CHECK(exponents.as<int32_t>()[i] >= 0, kBadValue);
  for (BroadcastWalk walk(node); walk.next();) for_each_pair(walk.run<int32_t>(), integer_power);
  return Status::kOk;
}

Status eval(const Node& node) {
  if (is_integer(node.input(0))) return eval_integers(node);
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<float>(), [](float a, float b) { return std::pow(a, b); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(pow);
