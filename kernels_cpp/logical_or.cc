// LOGICAL_OR: a or b, element-wise with broadcasting.
#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) { return check_broadcast(node); }

Status eval(const Node& node) {
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<uint8_t, bool>(), [](uint8_t a, uint8_t b) { return a != 0 || b != 0; });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(logical_or);
