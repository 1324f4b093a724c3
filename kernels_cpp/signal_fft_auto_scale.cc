// SignalFftAutoScale: samples shifted left until the largest fills 15 bits, and by how many bits that was.
#include "kernels_cpp/bits.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  ARENITE_CHECK(input.rank == 1 && same_shape(input, node.output(0)), kBadShape);
  ARENITE_CHECK(node.output(1).rank == 0, kBadShape);
  return Status::kOk;
}

Status eval(const Node& node) {
  const int16_t* input = node.input(0).as<int16_t>();
  int16_t* output = node.output(0).as<int16_t>();
  const int32_t count = node.output(0).count();
  int32_t largest = 0;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t magnitude = input[i] < 0 ? -input[i] : input[i];
    if (magnitude > largest) largest = magnitude;
  }
  const int32_t free_bits = largest == 0 ? 0 : 15 - bit_length(static_cast<uint32_t>(largest));
  const int32_t shift = free_bits > 0 ? free_bits : 0;
  for (int32_t i = 0; i < count; ++i) output[i] = static_cast<int16_t>(input[i] * (1 << shift));
  *node.output(1).as<int32_t>() = shift;
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(signal_fft_auto_scale);
