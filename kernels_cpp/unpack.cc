// UNPACK: the indices of one axis as tensors that lack it.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/sections.h"

namespace arenite {
namespace {

int32_t axis_of(const Node& node) {
  return resolved_axis(node.option_i32(format::UnpackOptions::axis, 0), node.input(0).rank);
}

Status prepare(const Node& node, uint32_t*) {
  const int32_t axis = axis_of(node);
  ARENITE_CHECK(axis >= 0, kBadOption);
  ARENITE_CHECK(node.option_i32(format::UnpackOptions::num, 0) == node.output_count(), kBadArity);
  return check_sections(node, node.input(0), axis, true);
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  take_apart(node, node.input(0), axis_of(node), true);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(unpack);
