// SignalPCAN: per-channel amplitude normalization. Each channel times a gain that falls with its noise estimate, then
// compressed.
#include "kernels_cpp/bits.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"

namespace arenite {
namespace {

constexpr int32_t kTable = 125;  // elements: three for the noises 0 to 2, then parabolas of four for each power of two
constexpr int32_t kSnrBits = 12, kOutputBits = 6;  // fractional bits

// The gain at noise x: one table entry up to 2, beyond it a parabola through the ten bits below the leading one.
int16_t gain_at(uint32_t x, const int16_t* table) {
  if (x <= 2) return table[x];
  const int32_t length = bit_length(x);
  const int16_t* parabola = table + 4 * length - 6;
  const int32_t fraction = static_cast<int32_t>((length < 11 ? x << (11 - length) : x >> (length - 11)) & 0x3FF);
  const int32_t slope =
      static_cast<int32_t>(static_cast<uint32_t>(int32_t{parabola[1]}) << 5) + ((parabola[2] * fraction) >> 5);
  const int32_t rise =
      static_cast<int32_t>(static_cast<uint32_t>(slope) * static_cast<uint32_t>(fraction) + (1u << 14));
  return static_cast<int16_t>((rise >> 15) + parabola[0]);
}

// x^2 / 4 below 2, then x - 1.
uint32_t compressed(uint32_t x) {
  if (x < 2u << kSnrBits) return (x * x) >> (2 + 2 * kSnrBits - kOutputBits);
  return (x >> (kSnrBits - kOutputBits)) - (1u << kOutputBits);
}

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0), noise = node.input(1), table = node.input(2), output = node.output(0);
  ARENITE_CHECK(input.rank == 1 && noise.rank == 1 && table.rank == 1 && output.rank == 1, kBadShape);
  ARENITE_CHECK(noise.dim(0) == input.dim(0) && output.dim(0) == input.dim(0), kBadShape);
  ARENITE_CHECK(table.dim(0) >= kTable, kBadShape);
  const int32_t shift = OptionMap(node).i32("snr_shift", 0);
  ARENITE_CHECK(shift >= 0 && shift < 64, kBadOption);
  return Status::kOk;
}

Status eval(const Node& node) {
  const uint32_t* input = node.input(0).as<uint32_t>();
  const uint32_t* noise = node.input(1).as<uint32_t>();
  const int16_t* table = node.input(2).as<int16_t>();
  uint32_t* output = node.output(0).as<uint32_t>();
  const int32_t count = node.output(0).count(), shift = OptionMap(node).i32("snr_shift", 0);
  for (int32_t i = 0; i < count; ++i) {
    const uint32_t gain = static_cast<uint32_t>(int32_t{gain_at(noise[i], table)});
    output[i] = compressed(static_cast<uint32_t>((uint64_t{input[i]} * gain) >> shift));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(signal_pcan);
