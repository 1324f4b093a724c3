// SignalStacker: the last frames side by side, every `stacker_step` frames, and whether there are new ones. The first
// frame counts as if it had been there before, too.
#include <cstring>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"

namespace arenite {
namespace {

struct Stacker {
  explicit Stacker(const Node& node) {
    const OptionMap options(node);
    channels = options.i32("num_channels", 0);
    left = options.i32("stacker_left_context", 0);
    right = options.i32("stacker_right_context", 0);
    step = options.i32("stacker_step", 0);
  }
  Status check() const {
    ARENITE_CHECK(channels > 0 && left >= 0 && right >= 0 && left < (1 << 20) && right < (1 << 20), kBadOption);
    ARENITE_CHECK(step > 0 && step <= frames() && channels <= (1 << 29) / frames(), kBadOption);
    return Status::kOk;
  }
  int32_t frames() const { return left + right + 1; }
  int32_t channels, left, right, step;
};

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Stacker stacker(node);
  ARENITE_TRY(stacker.check());
  const Tensor input = node.input(0), output = node.output(0);
  ARENITE_CHECK(input.rank == 1 && output.rank == 1 && node.output(1).rank == 0, kBadShape);
  ARENITE_CHECK(input.dim(0) == stacker.channels, kBadShape);
  ARENITE_CHECK(output.dim(0) == stacker.channels * stacker.frames(), kBadShape);
  *scratch_bytes = 4 + 2 * static_cast<uint32_t>(output.dim(0));
  return Status::kOk;
}

// Scratch: 0 before the first frame, then one more than the frames that wait; these frames.
Status eval(const Node& node) {
  const Stacker stacker(node);
  const Tensor output = node.output(0);
  uint32_t* state = static_cast<uint32_t*>(node.scratch());
  int16_t* held = reinterpret_cast<int16_t*>(state + 1);
  const size_t frame = static_cast<size_t>(stacker.channels);
  size_t waiting = *state == 0 ? 0 : *state - 1;
  for (int32_t copies = *state == 0 ? stacker.left + 1 : 1; copies > 0; --copies) {
    std::memcpy(held + frame * waiting++, node.input(0).data, 2 * frame);
  }
  const bool complete = waiting >= static_cast<size_t>(stacker.frames());
  if (complete) {
    const size_t step = static_cast<size_t>(stacker.step);
    std::memcpy(output.data, held, 2 * static_cast<size_t>(output.count()));
    waiting -= step;
    std::memmove(held, held + frame * step, 2 * frame * waiting);
  } else {
    std::memset(output.data, 0, 2 * static_cast<size_t>(output.count()));
  }
  *node.output(1).as<bool>() = complete;
  *state = static_cast<uint32_t>(waiting + 1);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(signal_stacker);
