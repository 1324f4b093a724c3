// SignalDelay: each row of samples `delay_length` samples later; zeroes before the first.
#include <cstring>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"
#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

int32_t rows_of(const Tensor& samples) { return samples.count() / samples.back(0); }

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Tensor input = node.input(0);
  ARENITE_CHECK(input.rank >= 1 && same_shape(input, node.output(0)) && input.count() > 0, kBadShape);
  const int32_t delay = OptionMap(node).i32("delay_length", 0);
  ARENITE_CHECK(delay >= 0 && delay <= (1 << 29) / rows_of(input), kBadOption);
  *scratch_bytes = 2 * static_cast<uint32_t>(delay * rows_of(input));
  return Status::kOk;
}

// The scratch holds the last `delay` samples of each row.
Status eval(const Node& node) {
  const Tensor input = node.input(0);
  const int16_t* in = input.as<int16_t>();
  int16_t* out = node.output(0).as<int16_t>();
  int16_t* held = static_cast<int16_t*>(node.scratch());
  const size_t size = static_cast<size_t>(input.back(0)),
               delay = static_cast<size_t>(OptionMap(node).i32("delay_length", 0));
  const size_t old = size < delay ? size : delay;
  for (int32_t row = rows_of(input); row > 0; --row, in += size, out += size, held += delay) {
    if (delay == 0) {
      std::memcpy(out, in, 2 * size);
      continue;
    }
    std::memcpy(out, held, 2 * old);
    std::memcpy(out + old, in, 2 * (size - old));
    std::memmove(held, held + old, 2 * (delay - old));
    std::memcpy(held + delay - old, in + size - old, 2 * old);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(signal_delay);
