// SPACE_TO_DEPTH: blocks of pixels become the channels of one pixel.
#include "kernels_cpp/depth_blocks.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

DepthBlocks of(const Node& node) {
  return {node.input(0), node.output(0), node.option_i32(format::SpaceToDepthOptions::block_size, 0)};
}

Status prepare(const Node& node, uint32_t*) { return of(node).check(); }

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  of(node).copy(true);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(space_to_depth);
