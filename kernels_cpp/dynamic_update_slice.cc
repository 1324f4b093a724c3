// DYNAMIC_UPDATE_SLICE: operand 0 with operand 1 laid over it at the indices of operand 2, moved so that it fits.
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor update = node.input(1);
  const Tensor start = node.input(2);
  const Tensor output = node.output(0);
  ARENITE_CHECK(same_shape(input, output) && update.rank == input.rank && start.count() == input.rank, kBadShape);
  for (int32_t i = 0; i < input.rank; ++i) ARENITE_CHECK(update.dim(i) <= input.dim(i), kBadShape);
  ARENITE_CHECK(keeps_grid(input, output) && keeps_grid(update, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor update = node.input(1);
  const Tensor output = node.output(0);
  const IndexList start(node.input(2));
  copy_whole(node.input(0), output);
  uint8_t* out = output.as<uint8_t>();
  CopyLoops loops;
  for (int32_t i = 0; i < output.rank; ++i) {
    const int32_t last = output.dim(i) - update.dim(i);
    const int32_t given = start[i];
    const int32_t first = given < 0 ? 0 : given > last ? last : given;
    out += static_cast<ptrdiff_t>(first) * pitch(output, i);
    loops.add(update.dim(i), pitch(update, i), pitch(output, i));
  }
  copy_strided(loops, update.as<uint8_t>(), out, element_bytes(output));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(dynamic_update_slice);
