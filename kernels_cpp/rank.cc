// RANK: the operand's number of dimensions.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  ARENITE_CHECK(node.output(0).rank == 0, kBadShape);
  ARENITE_CHECK(scaled_if_int8(node.input(0)), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  node.output(0).as<int32_t>()[0] = node.input(0).rank;
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(rank);
