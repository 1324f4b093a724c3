// SignalEnergy: |z|^2 of the complex numbers [start_index, end_index) of a spectrum; the others are 0.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"

namespace arenite {
namespace {

struct Range {
  explicit Range(const Node& node) {
    const OptionMap options(node);
    begin = options.i32("start_index", 0);
    end = options.i32("end_index", 0);
  }
  int32_t begin, end;
};

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0), output = node.output(0);
  ARENITE_CHECK(input.rank == 1 && output.rank == 1 && input.dim(0) % 2 == 0, kBadShape);
  ARENITE_CHECK(output.dim(0) == input.dim(0) / 2, kBadShape);
  const Range range(node);
  ARENITE_CHECK(range.begin >= 0 && range.begin <= range.end && range.end <= output.dim(0), kBadOption);
  return Status::kOk;
}

// TFLite Micro leaves what lies outside of the range as it was in the arena.
Status eval(const Node& node) {
  const int16_t* input = node.input(0).as<int16_t>();
  uint32_t* output = node.output(0).as<uint32_t>();
  const int32_t count = node.output(0).count();
  const Range range(node);
  for (int32_t i = 0; i < count; ++i) {
    const int32_t real = input[2 * i], imaginary = input[2 * i + 1];
    const uint32_t energy = static_cast<uint32_t>(real * real) + static_cast<uint32_t>(imaginary * imaginary);
    output[i] = i >= range.begin && i < range.end ? energy : 0;
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(signal_energy);
