// BATCH_TO_SPACE_ND: interleaves the images of a block again, then crops.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/space_batch.h"

namespace arenite {
namespace {

SpaceBatch of(const Node& node) { return {node.output(0), node.input(0), node.input(1), node.input(2)}; }

Status prepare(const Node& node, uint32_t*) { return of(node).check(); }

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  of(node).copy(false);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(batch_to_space_nd);
