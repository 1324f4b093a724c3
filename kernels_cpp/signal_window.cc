// SignalWindow: each frame of samples times a window, shifted right and saturated.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"
#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

// The frames lie one behind the other: TFLite Micro does not ask for one frame per row.
Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0), window = node.input(1);
  ARENITE_CHECK(same_shape(input, node.output(0)), kBadShape);
  ARENITE_CHECK(input.rank >= 1 && window.rank == 1 && window.count() > 0, kBadShape);
  ARENITE_CHECK(input.count() % window.count() == 0, kBadShape);
  const int32_t shift = OptionMap(node).i32("shift", 0);
  ARENITE_CHECK(shift >= 0 && shift < 32, kBadOption);
  return Status::kOk;
}

Status eval(const Node& node) {
  const Tensor output = node.output(0);
  const int16_t* input = node.input(0).as<int16_t>();
  const int16_t* window = node.input(1).as<int16_t>();
  const int32_t size = node.input(1).count(), count = output.count(), shift = OptionMap(node).i32("shift", 0);
  for (int32_t i = 0, j = 0; i < count; ++i) {
    const int32_t product = (input[i] * window[j]) >> shift;
    output.as<int16_t>()[i] = static_cast<int16_t>(product < -32768 ? -32768 : product > 32767 ? 32767 : product);
    if (++j == size) j = 0;
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(signal_window);
