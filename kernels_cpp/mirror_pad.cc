// MIRROR_PAD: the operand continued beyond its edges as in a mirror; REFLECT does not repeat the edge, SYMMETRIC does.
#include "kernels_cpp/index_list.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/movement.h"

namespace arenite {
namespace {

namespace Mode = format::MirrorPadMode;

int32_t mode_of(const Node& node) { return node.option_i8(format::MirrorPadOptions::mode, Mode::REFLECT); }

// 1 when the edge stands in the mirror and is not repeated.
int32_t edge_of(int32_t mode) { return mode == Mode::REFLECT ? 1 : 0; }

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor paddings = node.input(1);
  const Tensor output = node.output(0);
  const int32_t mode = mode_of(node);
  ARENITE_CHECK(mode == Mode::REFLECT || mode == Mode::SYMMETRIC, kBadOption);
  ARENITE_CHECK(paddings.constant, kBadOption);
  ARENITE_CHECK(paddings.count() == 2 * input.rank && output.rank == input.rank, kBadShape);
  const IndexList pads(paddings);
  for (int32_t i = 0; i < input.rank; ++i) {
    const int32_t most = input.dim(i) - edge_of(mode);
    for (int32_t side = 0; side < 2; ++side) {
      const int32_t pad = pads[2 * i + side];
      ARENITE_CHECK(pad == 0 || (pad > 0 && pad <= most), kBadOption);
    }
    ARENITE_CHECK(int64_t{input.dim(i)} + pads[2 * i] + pads[2 * i + 1] == output.dim(i), kBadShape);
  }
  ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
  return Status::kOk;
}

// A stretch of one axis that is read in one direction.
struct Part {
  int32_t from;
  int32_t to;
  int32_t size;
  int32_t step;
};

// part 0: before the operand, 1: the operand itself, 2: behind it.
Part part_of(int32_t part, int32_t size, int32_t before, int32_t after, int32_t edge) {
  if (part == 0) return {before - 1 + edge, 0, before, -1};
  if (part == 1) return {0, before, size, 1};
  return {size - 1 - edge, before + size, after, -1};
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const IndexList pads(node.input(1));
  const int32_t edge = edge_of(mode_of(node));
  int32_t combinations = 1;
  for (int32_t i = 0; i < input.rank; ++i) combinations *= 3;
  for (int32_t combination = 0; combination < combinations; ++combination) {
    CopyLoops loops;
    const uint8_t* in = input.as<uint8_t>();
    uint8_t* out = output.as<uint8_t>();
    bool empty = false;
    int32_t rest = combination;
    for (int32_t i = 0; i < input.rank && !empty; ++i, rest /= 3) {
      const Part part = part_of(rest % 3, input.dim(i), pads[2 * i], pads[2 * i + 1], edge);
      empty = part.size == 0;
      in += empty ? 0 : static_cast<ptrdiff_t>(part.from) * pitch(input, i);
      out += static_cast<ptrdiff_t>(part.to) * pitch(output, i);
      loops.add(part.size, part.step * pitch(input, i), pitch(output, i));
    }
    if (!empty) copy_strided(loops, in, out, element_bytes(input));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(mirror_pad);
