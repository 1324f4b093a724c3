#include "kernels_cpp/microkernels/compact.h"

#include "kernels_cpp/microkernels/interleaved_patch.h"

namespace arenite::compact {
namespace {

// The taps of one output pixel that lie inside the image.
struct Taps {
  int32_t first_y;
  int32_t first_x;
  TapRange rows;
  TapRange columns;
};

Taps taps_of(const WindowGeometry& w, int32_t y, int32_t x) {
  const int32_t first_y = y * w.stride_height - w.pad_top;
  const int32_t first_x = x * w.stride_width - w.pad_left;
  return {first_y, first_x, taps_inside(first_y, w.dilation_height, w.kernel_height, w.input_height),
          taps_inside(first_x, w.dilation_width, w.kernel_width, w.input_width)};
}

int32_t sum_of_taps(const DepthwiseS8& conv, const Taps& taps, int32_t channel) {
  const WindowGeometry& w = conv.window;
  const int32_t channels = conv.output_channels();
  const int32_t step = w.dilation_width * w.input_pitch;
  const int32_t first = taps.first_x * w.input_pitch + taps.columns.begin * step + channel / conv.depth_multiplier;
  uint32_t sum = static_cast<uint32_t>(conv.stage.bias_of(channel));
  for (int32_t i = taps.rows.begin; i < taps.rows.end; ++i) {
    const int8_t* in = conv.input.row<int8_t>(taps.first_y + i * w.dilation_height) + first;
    const int8_t* weights = conv.weights + (i * w.kernel_width + taps.columns.begin) * channels + channel;
    for (int32_t j = taps.columns.begin; j < taps.columns.end; ++j, in += step, weights += channels) {
      sum += wrapped_product(*in + conv.input_offset, *weights);
    }
  }
  return static_cast<int32_t>(sum);
}

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
      const Taps taps = taps_of(conv.window, y, x);
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
