#include "kernels_cpp/sigmoid_s16.h"

#include "kernels_cpp/constant_exp.h"

namespace arenite {
namespace {

constexpr int32_t kEntries = 256;

struct SigmoidTable {
  uint16_t entries[kEntries];
};

// 65536 * sigmoid(i / 24), raised by half of what a line to the next entry is below the function in its middle:
// step^2 / 16 times the second derivative. The last entry, behind which the functions are constant, is at its limit.
constexpr SigmoidTable sigmoid_table() {
  SigmoidTable table = {};
  for (int32_t i = 0; i < kEntries; ++i) {
    const double y = 1.0 / (1.0 + constant_exp(-i / 24.0));
    const double raised = y + y * (1.0 - y) * (2.0 * y - 1.0) / (24.0 * 24.0 * 16.0);
    table.entries[i] = static_cast<uint16_t>(i == kEntries - 1 ? 65535.0 : 65536.0 * raised + 0.5);
  }
  return table;
}

constexpr SigmoidTable kSigmoid = sigmoid_table();

// 65536 * 2^bits * sigmoid(position / (24 * 2^bits)), linear between two entries; `last` behind the table.
uint32_t interpolated(uint32_t position, uint32_t bits, uint32_t last) {
  const uint32_t index = position >> bits;
  if (index >= kEntries - 1) return last;
  const uint32_t below = kSigmoid.entries[index];
  return (below << bits) + (position & ((1u << bits) - 1)) * (kSigmoid.entries[index + 1] - below);
}

uint32_t magnitude(int32_t x) { return x < 0 ? 0u - static_cast<uint32_t>(x) : static_cast<uint32_t>(x); }

}  // namespace

int16_t sigmoid_s16(int32_t x) {
  const uint32_t y = interpolated(magnitude(x), 9, 0x7FFFu << 10);
  return static_cast<int16_t>((x >= 0 ? y + (1u << 9) : (1u << 25) - y + (1u << 9) - 1) >> 10);
}

int16_t tanh_s16(int32_t x) {
  const int32_t y = static_cast<int32_t>(interpolated(magnitude(x), 8, 0xFFFFu << 8)) - (1 << 23);
  return static_cast<int16_t>(((x >= 0 ? y : -y - 1) + (1 << 7)) >> 8);
}

// TFLite takes log2 of the scale for a whole number when it is within 0.001.
static bool is_near_one(float x) { return x > 0.99930709f && x < 1.00069339f; }

bool SigmoidInputS16::takes(float scale) { return scale < 5.3333f; }

// The multiplier is 3 * 2^12 * scale, doubled until it exceeds 2^14 - 1/2, and then truncated; 2^-12 times a multiplier
// up to there is exact in 12 bits of fraction.
SigmoidInputS16::SigmoidInputS16(float scale, bool coarse) {
  float third = scale * 4096.0f;
  if (is_near_one(third) || (coarse && is_near_one(third / 2))) {
    multiplier_ = is_near_one(third) ? 3 : 6;
    return;
  }
  while (third <= 16383.5f / 3 && shift_ <= 30) {
    third *= 2;
    ++shift_;
  }
  multiplier_ = (3 * static_cast<int32_t>(third * 4096.0f)) >> 12;
  half_ = shift_ > 0 ? 1 << (shift_ - 1) : 0;
}

}  // namespace arenite
