#include "peak_hold.h"

#include "kernels_cpp/option_map.h"
#include "kernels_cpp/shape.h"

using namespace arenite;

// Checks all that eval relies on: the file is not to be trusted. Operand types and counts have been checked against the
// signatures below. The scratch is what eval finds again the next time: the last result plus 128, as zeroes stand at
// the start.
static Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Tensor x = node.input(0), y = node.output(0);
  ARENITE_CHECK(same_shape(x, y), kBadShape);
  ARENITE_CHECK(same_quantization(x, y), kBadQuantization);
  const int32_t decay = OptionMap(node).i32("decay", 1);
  ARENITE_CHECK(decay >= 0 && decay <= 255, kBadOption);
  *scratch_bytes = static_cast<uint32_t>(x.count());
  return Status::kOk;
}

static Status eval(const Node& node) {
  const int8_t* x = node.input(0).as<int8_t>();
  int8_t* y = node.output(0).as<int8_t>();
  uint8_t* held = static_cast<uint8_t*>(node.scratch());
  const int32_t count = node.output(0).count(), decay = OptionMap(node).i32("decay", 1);
  for (int32_t i = 0; i < count; ++i) {
    const int32_t faded = held[i] - 128 - decay;
    y[i] = x[i] > faded ? x[i] : static_cast<int8_t>(faded);
    held[i] = static_cast<uint8_t>(y[i] + 128);
  }
  return Status::kOk;
}

const Kernel kPeakHold = custom_kernel("PeakHold", "b>b@1", prepare, eval, /*keeps_scratch=*/true);
