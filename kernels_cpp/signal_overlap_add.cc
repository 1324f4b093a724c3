// SignalOverlapAdd: frames added where they overlap, `frame_step` samples apart; what is complete goes out.
#include <cstring>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"

namespace arenite {
namespace {

int16_t sum(int16_t a, int16_t b) {
  const int32_t both = a + b;
  return static_cast<int16_t>(both < -32768 ? -32768 : both > 32767 ? 32767 : both);
}
float sum(float a, float b) { return a + b; }

int32_t rows_of(const Tensor& frames) { return frames.count() / (frames.back(0) * frames.back(1)); }

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Tensor input = node.input(0), output = node.output(0);
  const int32_t step = OptionMap(node).i32("frame_step", 0);
  ARENITE_CHECK(input.rank >= 2 && output.rank == input.rank - 1 && input.count() > 0, kBadShape);
  ARENITE_CHECK(step > 0 && step <= input.back(0), kBadOption);
  for (int32_t axis = 0; axis < output.rank - 1; ++axis) ARENITE_CHECK(output.dim(axis) == input.dim(axis), kBadShape);
  ARENITE_CHECK(output.back(0) == input.back(1) * step, kBadShape);
  *scratch_bytes = type_size(input.type) * static_cast<uint32_t>(rows_of(input) * input.back(0));
  return Status::kOk;
}

// The scratch holds, for each row, the sums of a frame's length that are not complete.
template <typename T>
void add_all(const Node& node) {
  const Tensor input = node.input(0);
  const T* in = input.as<T>();
  T* out = node.output(0).as<T>();
  T* held = static_cast<T*>(node.scratch());
  const int32_t size = input.back(0), frames = input.back(1);
  const size_t step = static_cast<size_t>(OptionMap(node).i32("frame_step", 0)),
               rest = static_cast<size_t>(size) - step;
  for (int32_t row = rows_of(input); row > 0; --row, held += size) {
    for (int32_t frame = 0; frame < frames; ++frame, in += size, out += step) {
      for (int32_t i = 0; i < size; ++i) held[i] = sum(held[i], in[i]);
      std::memcpy(out, held, step * sizeof(T));
      std::memmove(held, held + step, rest * sizeof(T));
      std::memset(held + rest, 0, step * sizeof(T));
    }
  }
}

Status eval(const Node& node) {
  if (is_float(node.input(0))) {
    add_all<float>(node);
  } else {
    add_all<int16_t>(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(signal_overlap_add);
