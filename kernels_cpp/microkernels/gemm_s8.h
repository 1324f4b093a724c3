// Contract of the matrix product microkernel.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels_cpp/microkernels/output_stage.h"

namespace arenite {

// out[i, n] = stage(sum_k (lhs[i, k] + lhs_offset) * (rhs[n, k] + rhs_offset)), channel n of the stage.
// lhs [rows, depth] s8 | rhs [columns, depth] s8 | out [rows, columns] s8, all dense, any alignment. No scratch.
// Reads nothing past the end; sums wrap.
struct GemmS8 {
  int32_t rows;
  int32_t columns;
  int32_t depth;
  const int8_t* lhs;
  const int8_t* rhs;
  int8_t* out;
  int32_t lhs_offset;  // -zero_point, in [-127, 128]
  int32_t rhs_offset;  // -zero_point, in [-127, 128]; 0 for symmetric weights
  OutputStage stage;
};

}  // namespace arenite
