// TILE: axis i is written multiples[i] times, one after the other.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor multiples = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(multiples.constant, kBadOption);
  ARENITE_CHECK(multiples.count() == input.rank && output.rank == input.rank, kBadShape);
  for (int32_t i = 0; i < input.rank; ++i) {
    const int32_t times = multiples.as<int32_t>()[i];
    ARENITE_CHECK(times >= 0, kBadOption);
    ARENITE_CHECK(int64_t{input.dim(i)} * times == output.dim(i), kBadShape);
  }
  ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  if (output.count() == 0) return Status::kOk;
  CopyLoops loops;
  for (int32_t i = 0; i < input.rank; ++i) {
    loops.add(output.dim(i) / input.dim(i), 0, input.dim(i) * pitch(output, i));
    loops.add(input.dim(i), pitch(input, i), pitch(output, i));
  }
  copy_strided(loops, input.as<uint8_t>(), output.as<uint8_t>(), element_bytes(input));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(tile);
