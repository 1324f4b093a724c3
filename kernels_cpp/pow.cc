// POW: a to the power of b with broadcasting. Links powf.
#include <cmath>

#include "kernels_cpp/broadcast.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  ARENITE_CHECK(broadcasts(node.input(0), node.input(1), node.output(0)), kBadShape);
  return Status::kOk;
}

Status eval(const Node& node) {
  for (BroadcastWalk walk(node); walk.next();) {
    for_each_pair(walk.run<float>(), [](float a, float b) { return std::pow(a, b); });
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(pow);
