// SPACE_TO_BATCH_ND: pads, then makes the images that a block interleaves into batches of their own.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/space_batch.h"

namespace arenite {
namespace {

SpaceBatch of(const Node& node) { return {node.input(0), node.output(0), node.input(1), node.input(2)}; }

Status prepare(const Node& node, uint32_t*) { return of(node).check(); }

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor output = node.output(0);
  const int32_t zero = output.scale_count == 1 ? output.zero_point : 0;  // little-endian: its low bytes are the element
  const int64_t element = zero;
  fill_elements(reinterpret_cast<const uint8_t*>(&element), output.as<uint8_t>(), element_bytes(output),
                output.count());
  of(node).copy(true);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(space_to_batch_nd);
