// SignalFilterBankSpectralSubtraction: each channel without the noise that its smoothed past suggests.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"

namespace arenite {
namespace {

// Weights of the new value and of the estimate, in units of 2^-bits; channels take turns with two pairs.
struct Smoothing {
  uint32_t now, past;
};

struct Options {
  explicit Options(const Node& node) {
    const OptionMap map(node);
    const auto number = [&map](const char* key) { return static_cast<uint32_t>(map.i32(key, 0)); };
    even = {number("smoothing"), number("one_minus_smoothing")};
    odd = {number("alternate_smoothing"), number("alternate_one_minus_smoothing")};
    remaining = number("min_signal_remaining");
    channels = map.i32("num_channels", 0);
    smoothing_bits = number("smoothing_bits");
    bits = number("spectral_subtraction_bits");
    clamping = number("clamping") != 0;
  }
  Smoothing even, odd;
  uint32_t remaining;  // least part of the signal that stays
  int32_t channels;
  uint32_t smoothing_bits;  // by which the estimate is finer than the signal
  uint32_t bits;
  bool clamping;  // an estimate above the signal comes down to it
};

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Options options(node);
  const Tensor input = node.input(0);
  ARENITE_CHECK(options.smoothing_bits < 32 && options.bits < 64, kBadOption);
  ARENITE_CHECK(input.rank == 1 && input.dim(0) == options.channels, kBadShape);
  for (int32_t i = 0; i < 2; ++i) {
    ARENITE_CHECK(node.output(i).rank == 1 && node.output(i).dim(0) == options.channels, kBadShape);
  }
  *scratch_bytes = 4 * static_cast<uint32_t>(options.channels);
  return Status::kOk;
}

Status eval(const Node& node) {
  const Options options(node);
  const uint32_t* input = node.input(0).as<uint32_t>();
  uint32_t* output = node.output(0).as<uint32_t>();
  uint32_t* noise = node.output(1).as<uint32_t>();
  uint32_t* estimates = static_cast<uint32_t*>(node.scratch());
  for (int32_t i = 0; i < options.channels; ++i) {
    const Smoothing smoothing = i % 2 == 0 ? options.even : options.odd;
    const uint32_t signal = input[i] << options.smoothing_bits;
    const uint64_t mixed = uint64_t{signal} * smoothing.now + uint64_t{estimates[i]} * smoothing.past;
    const uint32_t estimate = static_cast<uint32_t>(mixed >> options.bits);
    const uint32_t taken = estimate < signal ? estimate : signal;
    estimates[i] = noise[i] = options.clamping ? taken : estimate;
    const uint32_t rest = (signal - taken) >> options.smoothing_bits;
    const uint32_t least = static_cast<uint32_t>((uint64_t{input[i]} * options.remaining) >> options.bits);
    output[i] = rest > least ? rest : least;
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(signal_filter_bank_spectral_subtraction);
