// SignalFilterBankLog: natural logarithms, scaled; from a table of log2 between two powers of two.
#include "kernels_cpp/bits.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"
#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

constexpr int32_t kSegmentBits = 7, kSegments = 1 << kSegmentBits;
constexpr uint64_t kNaturalOverBinary = 45426;  // ln 2, Q16

// log2(1 + i / kSegments) - i / kSegments, Q16: each squaring of a number in [1, 2) gives one bit of its logarithm.
constexpr uint16_t excess(int32_t i) {
  uint64_t y = static_cast<uint64_t>(kSegments + i) << (31 - kSegmentBits);
  uint32_t log2 = 0;
  for (int32_t bit = 0; bit < 24; ++bit) {
    y = (y * y) >> 31;
    log2 <<= 1;
    if (y >> 32 != 0) {
      y >>= 1;
      log2 |= 1;
    }
  }
  return static_cast<uint16_t>(((log2 + (1u << 7)) >> 8) - (static_cast<uint32_t>(i) << (16 - kSegmentBits)));
}

struct Table {
  uint16_t excess[kSegments + 1];
};

constexpr Table make_table() {
  Table table = {};
  for (int32_t i = 0; i < kSegments; ++i) table.excess[i] = excess(i);
  return table;  // the last entry, of the next power of two, is 0
}

constexpr Table kTable = make_table();

// ln(x) * scale, x > 1; wraps where TFLite Micro wraps.
uint32_t scaled_log(uint32_t x, uint32_t scale) {
  const int32_t exponent = bit_length(x) - 1;
  const uint32_t below = x - (1u << exponent);
  const uint32_t fraction = exponent < 16 ? below << (16 - exponent) : below >> (exponent - 16);  // Q16
  const uint32_t segment = fraction >> (16 - kSegmentBits), start = segment << (16 - kSegmentBits);
  const int32_t rise = kTable.excess[segment + 1] - kTable.excess[segment];
  const int32_t between = (rise * static_cast<int32_t>(fraction - start)) >> 16;
  const uint32_t log2 =
      (static_cast<uint32_t>(exponent) << 16) + fraction + kTable.excess[segment] + static_cast<uint32_t>(between);
  const uint32_t natural = static_cast<uint32_t>((kNaturalOverBinary * log2 + 0x8000) >> 16);
  return (scale * natural + 0x8000) >> 16;
}

Status prepare(const Node& node, uint32_t*) {
  ARENITE_CHECK(node.input(0).rank == 1 && same_shape(node.input(0), node.output(0)), kBadShape);
  const int32_t bits = OptionMap(node).i32("input_correction_bits", 0);
  ARENITE_CHECK(bits >= 0 && bits < 32, kBadOption);
  return Status::kOk;
}

Status eval(const Node& node) {
  const OptionMap options(node);
  const uint32_t scale = static_cast<uint32_t>(options.i32("output_scale", 0));
  const int32_t bits = options.i32("input_correction_bits", 0), count = node.output(0).count();
  const uint32_t* input = node.input(0).as<uint32_t>();
  int16_t* output = node.output(0).as<int16_t>();
  for (int32_t i = 0; i < count; ++i) {
    const uint32_t x = input[i] << bits;
    const uint32_t log = x > 1 ? scaled_log(x, scale) : 0;
    output[i] = static_cast<int16_t>(log < 0x7FFF ? log : 0x7FFF);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(signal_filter_bank_log);
