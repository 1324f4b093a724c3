#include "kernels_cpp/packed_weights.h"

#include <cstring>

namespace arenite {
namespace {

// Whether no field of two bits holds -2, and none behind the last weight anything.
bool is_row(const PackedRows& rows, const uint32_t* words) {
  const int32_t count = rows.row_words();
  if (rows.bits == 2) {
    for (int32_t i = 0; i < count; ++i) {
      if ((words[i] & ~(words[i] << 1) & 0xAAAAAAAA) != 0) return false;
    }
  }
  const int32_t used = rows.depth * rows.bits - 32 * (count - 1);
  return used == 32 || words[count - 1] >> used == 0;
}

}  // namespace

Status check_packed(const Node& node, const PackedRows& rows, int32_t outputs) {
  const Tensor words = node.input(kPackedWords), scales = node.input(kPackedScales);
  ARENITE_CHECK(rows.bits == 1 || rows.bits == 2, kBadOption);
  ARENITE_CHECK(rows.depth > 0, kBadShape);
  ARENITE_CHECK(rows.depth < (1 << 26) && static_cast<int64_t>(rows.depth) * outputs <= INT32_MAX, kLimitExceeded);
  ARENITE_CHECK(words.constant && scales.constant, kBadOption);
  ARENITE_CHECK(words.rank == 2 && words.dim(0) == outputs && words.dim(1) == rows.row_words(), kBadShape);
  ARENITE_CHECK(scales.rank == 1 && (scales.count() == 1 || scales.count() == outputs), kBadShape);
  for (int32_t i = 0; i < scales.count(); ++i) {
    uint32_t bits;
    std::memcpy(&bits, scales.as<float>() + i, sizeof bits);
    ARENITE_CHECK(is_scale(bits), kBadQuantization);
  }
  for (int32_t row = 0; row < outputs; ++row) ARENITE_CHECK(is_row(rows, rows.from_row(row).words), kBadValue);
  return Status::kOk;
}

}  // namespace arenite
