// Contracts of what reads weights of one or two bits: rows of 32-bit words, the first weight in the lowest bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels_cpp/microkernels/output_stage.h"

namespace arenite {

// bits == 1, binary: 0 is +1, 1 is -1. bits == 2, ternary: -1, 0 and 1 in two's complement. Read as signed numbers the
// fields are weights in ternary, and in binary -1 for each weight of -1: what is missing there is the sum of the left
// row. Bits behind a row's last weight are 0.
struct PackedRows {
  const uint32_t* words;  // [rows, row_words()]
  int32_t bits;           // 1 or 2
  int32_t depth;          // weights of a row, < 2^26

  int32_t row_words() const { return (depth * bits + 31) >> 5; }
  // The rows from `row` on.
  PackedRows from_row(int32_t row) const { return {words + static_cast<ptrdiff_t>(row) * row_words(), bits, depth}; }
};

// out[n] = stage(sum_k (lhs[k] + lhs_offset) * weight(n, k)), channel n of the stage. Sums wrap.
struct GemmPacked {
  int32_t columns;
  PackedRows rhs;  // [columns]
  const int8_t* lhs;
  int8_t* out;
  int32_t lhs_offset;  // -zero_point, in [-127, 128]
  OutputStage stage;
  void* scratch;  // gemm_packed_scratch_bytes, 4-byte aligned
};

// The left row, widened to int16 and filled up with zeros to whole words of weights. The same for every ISA.
constexpr uint32_t gemm_packed_scratch_bytes(int32_t depth) { return 2 * ((static_cast<uint32_t>(depth) + 31) & ~31u); }

}  // namespace arenite
