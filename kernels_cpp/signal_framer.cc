// SignalFramer: frames of `frame_size` samples, one every `frame_step` samples of each row, and whether all are there.
#include <cstring>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"

namespace arenite {
namespace {

struct Framer {
  explicit Framer(const Node& node) {
    const OptionMap options(node);
    size = options.i32("frame_size", 0);
    step = options.i32("frame_step", 0);
    prefill = options.i32("prefill", 0) != 0;
  }
  Status check() const {
    ARENITE_CHECK(size > 0 && step > 0 && size <= (1 << 28) && step <= (1 << 28), kBadOption);
    ARENITE_CHECK(!prefill || step <= size, kBadOption);
    return Status::kOk;
  }
  // Samples of a row that wait at most: a frame, and what a step brings before it is complete.
  int32_t capacity() const { return (size + step - 1) / step * step; }
  int32_t waiting_at_first() const { return prefill ? size - step : 0; }
  int32_t size, step;
  bool prefill;  // the first frame comes after one step, with zeroes before it
};

Status check_shapes(const Node& node, int32_t size, int32_t step) {
  const Tensor input = node.input(0), output = node.output(0);
  ARENITE_CHECK(input.rank >= 1 && output.rank == input.rank + 1 && node.output(1).rank == 0, kBadShape);
  ARENITE_CHECK(input.count() > 0 && input.back(0) % step == 0, kBadShape);
  for (int32_t axis = 0; axis < input.rank - 1; ++axis) ARENITE_CHECK(output.dim(axis) == input.dim(axis), kBadShape);
  ARENITE_CHECK(output.back(1) == input.back(0) / step && output.back(0) == size, kBadShape);
  return Status::kOk;
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Framer framer(node);
  ARENITE_TRY(framer.check());
  ARENITE_TRY(check_shapes(node, framer.size, framer.step));
  const int32_t rows = node.input(0).count() / node.input(0).back(0);
  ARENITE_CHECK(framer.capacity() <= (1 << 29) / rows, kBadOption);
  *scratch_bytes = 4 + 2 * static_cast<uint32_t>(rows * framer.capacity());
  return Status::kOk;
}

// Takes a row in and gives its frames, zeroes for those that are not complete; returns the samples that wait then.
int32_t frame_row(const Framer& framer, const int16_t* in, int32_t count, int16_t* held, int32_t waiting,
                  int16_t* out) {
  const size_t step = static_cast<size_t>(framer.step), size = static_cast<size_t>(framer.size);
  for (; count > 0; count -= framer.step, in += step, out += size) {
    std::memcpy(held + waiting, in, 2 * step);
    waiting += framer.step;
    const bool complete = waiting >= framer.size;
    if (!complete) {
      std::memset(out, 0, 2 * size);
      continue;
    }
    std::memcpy(out, held, 2 * size);
    waiting -= framer.step;
    std::memmove(held, held + step, 2 * static_cast<size_t>(waiting));
  }
  return waiting;
}

// Scratch: how many samples wait more than at first, one number for all rows; then the samples of each row.
Status eval(const Node& node) {
  const Framer framer(node);
  const Tensor input = node.input(0);
  int32_t* more = static_cast<int32_t*>(node.scratch());
  int16_t* held = reinterpret_cast<int16_t*>(more + 1);
  const int16_t* in = input.as<int16_t>();
  int16_t* out = node.output(0).as<int16_t>();
  const int32_t count = input.back(0), rows = input.count() / count, frames = count / framer.step;
  const int32_t before = *more + framer.waiting_at_first();
  int32_t after = before;
  for (int32_t row = 0; row < rows; ++row, in += count, out += frames * framer.size, held += framer.capacity()) {
    after = frame_row(framer, in, count, held, before, out);
  }
  *more = after - framer.waiting_at_first();
  *node.output(1).as<bool>() = before + framer.step >= framer.size;
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(signal_framer);
