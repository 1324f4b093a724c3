// BITWISE_XOR with broadcasting, on numbers as they are stored.
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_broadcast(node); }

template <typename T>
void eval_as(const Node& node) {
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<T>(), [](T a, T b) { return static_cast<T>(a ^ b); });
  }
}

Status eval(const Node& node) {
  switch (type_size(node.output(0).type)) {
    case 1:
      eval_as<uint8_t>(node);
      return Status::kOk;
    case 2:
      eval_as<uint16_t>(node);
      return Status::kOk;
    default:
      eval_as<uint32_t>(node);
      return Status::kOk;
  }
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(bitwise_xor);
