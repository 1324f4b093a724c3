// DEPTH_TO_SPACE: the channels of one pixel become a block of pixels.
#include "kernels_cpp/depth_blocks.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

DepthBlocks of(const Node& node) {
  return {node.output(0), node.input(0), node.option_i32(format::DepthToSpaceOptions::block_size, 0)};
}

Status prepare(const Node& node, uint32_t*) { return of(node).check(); }

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  of(node).copy(false);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(depth_to_space);
