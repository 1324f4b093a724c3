// SignalFilterBank: energies of frequencies summed into overlapping triangular channels. Each frequency counts for one
// channel with its weight and for the next with its unweight.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"

namespace arenite {
namespace {

// Operands: energies, weights, unweights, and for each of channels + 1 bands its first frequency, its first weight and
// its width. Band 0 only fills the rising side of channel 0.
Status prepare(const Node& node, uint32_t*) {
  const int32_t channels = OptionMap(node).i32("num_channels", 0);
  ARENITE_CHECK(channels >= 0 && channels < INT32_MAX, kBadOption);
  for (int32_t i = 0; i < 6; ++i) {
    ARENITE_CHECK(node.input(i).rank == 1, kBadShape);
    ARENITE_CHECK(i < 3 || node.input(i).dim(0) >= channels + 1, kBadShape);
  }
  ARENITE_CHECK(node.input(1).dim(0) == node.input(2).dim(0), kBadShape);
  ARENITE_CHECK(node.output(0).rank == 1 && node.output(0).dim(0) == channels, kBadShape);
  return Status::kOk;
}

// The bands may be computed, so that they are checked each time; there are few of them.
Status eval(const Node& node) {
  const Tensor energies = node.input(0), weights = node.input(1);
  const int16_t* unweights = node.input(2).as<int16_t>();
  const int16_t* frequencies = node.input(3).as<int16_t>();
  const int16_t* places = node.input(4).as<int16_t>();
  const int16_t* widths = node.input(5).as<int16_t>();
  uint64_t* output = node.output(0).as<uint64_t>();
  const int32_t channels = node.output(0).count();
  uint64_t channel = 0, next = 0;
  for (int32_t band = 0; band <= channels; ++band) {
    const int32_t frequency = frequencies[band], place = places[band], width = widths[band] < 0 ? 0 : widths[band];
    ARENITE_CHECK(width == 0 || (frequency >= 0 && frequency + width <= energies.dim(0)), kBadValue);
    ARENITE_CHECK(width == 0 || (place >= 0 && place + width <= weights.dim(0)), kBadValue);
    for (int32_t i = 0; i < width; ++i) {
      const uint64_t energy = energies.as<uint32_t>()[frequency + i];
      channel += static_cast<uint64_t>(int64_t{weights.as<int16_t>()[place + i]}) * energy;
      next += static_cast<uint64_t>(int64_t{unweights[place + i]}) * energy;
    }
    if (band > 0) output[band - 1] = channel;
    channel = next;
    next = 0;
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(signal_filter_bank);
