#include "kernels_cpp/microkernels/compact.h"

#include "kernels_cpp/microkernels/depthwise_taps.h"
#include "kernels_cpp/microkernels/interleaved_patch.h"

namespace arenite::compact {
namespace {

int32_t sum_of_column(const GemmS8& gemm, const int8_t* lhs, int32_t column) {
  const int8_t* rhs = gemm.rhs + static_cast<ptrdiff_t>(column) * gemm.depth;
  uint32_t sum = static_cast<uint32_t>(gemm.stage.bias_of(column));
  for (int32_t k = 0; k < gemm.depth; ++k) sum += wrapped_product(lhs[k] + gemm.lhs_offset, rhs[k] + gemm.rhs_offset);
  return static_cast<int32_t>(sum);
}

}  // namespace

void conv_s8(const ConvS8& conv, RowRange rows) {
  for_each_interleaved_tile(conv, rows, [&conv](const int16_t* patch, const ConvTile& tile) {
    for (int32_t channel = 0; channel < conv.output_channels; ++channel) one_channel(conv, patch, tile, channel);
  });
}

void depthwise_s8(const DepthwiseS8& conv, RowRange rows) {
  for (int32_t y = rows.begin; y < rows.end; ++y) {
    int8_t* out = conv.output.row<int8_t>(y);
    for (int32_t x = 0; x < conv.window.output_width; ++x, out += conv.window.output_pitch) {
      const PixelWindow taps(conv.window, y, x);
      for (int32_t c = 0; c < conv.output_channels(); ++c) {
        out[c] = conv.stage.apply(sum_of_taps(conv, taps, c), conv.stage.multiplier_of(c));
      }
    }
  }
}

void gemm_s8(const GemmS8& gemm) {
  const int8_t* lhs = gemm.lhs;
  int8_t* out = gemm.out;
  for (int32_t i = 0; i < gemm.rows; ++i, lhs += gemm.depth) {
    for (int32_t n = 0; n < gemm.columns; ++n) {
      *out++ = gemm.stage.apply(sum_of_column(gemm, lhs, n), gemm.stage.multiplier_of(n));
    }
  }
}

}  // namespace arenite::compact
