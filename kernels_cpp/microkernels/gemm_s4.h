// Contract of the matrix product microkernel with int4 weights. Some processors have none: there the weights are
// unpacked for gemm_s8.
#pragma once

#include "kernels_cpp/microkernels/gemm_s8.h"

namespace arenite {

// As GemmS8 with one left row and packed right rows (int4.h): row n begins at byte n * row_bytes. depth is even.
struct GemmS4 {
  int32_t columns;
  int32_t depth;
  int32_t row_bytes;
  const int8_t* lhs;   // [depth]
  const uint8_t* rhs;  // [columns, row_bytes], of which depth / 2 are looked at
  int8_t* out;         // [columns]
  int32_t lhs_offset;
  int32_t rhs_offset;
  OutputStage stage;
  void* scratch;  // gemm_s4_scratch_bytes, 4-byte aligned
};

// The left row, widened to int16 and sorted. The same for every ISA.
constexpr uint32_t gemm_s4_scratch_bytes(int32_t depth) { return 2 * ((static_cast<uint32_t>(depth) + 31) & ~31u); }

}  // namespace arenite
