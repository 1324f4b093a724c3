// RIGHT_SHIFT with broadcasting: a / 2^b, rounded down, on numbers as they are stored. A negative b counts as 0, a
// large one as the last bit.
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_broadcast(node); }

template <typename T>
void eval_as(const Node& node) {
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<T>(), [](T a, T b) {
      constexpr int32_t kLast = 8 * static_cast<int32_t>(sizeof(T)) - 1;
      const int32_t bits = b < T{0} ? 0 : (b > kLast ? kLast : static_cast<int32_t>(b));
      return static_cast<T>(a >> bits);
    });
  }
}

Status eval(const Node& node) {
  switch (node.output(0).type) {
    case Type::kInt8:
      eval_as<int8_t>(node);
      return Status::kOk;
    case Type::kUInt8:
      eval_as<uint8_t>(node);
      return Status::kOk;
    case Type::kInt16:
      eval_as<int16_t>(node);
      return Status::kOk;
    default:
      eval_as<int32_t>(node);
      return Status::kOk;
  }
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(right_shift);
