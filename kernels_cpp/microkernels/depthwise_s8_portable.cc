#include "kernels_cpp/microkernels/patch.h"
#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {
namespace {

// The taps of one output pixel that lie inside the image.
struct TapWindow {
  int32_t first_x;
  int32_t first_y;
  TapRange columns;
  TapRange rows;
};

TapWindow window_at(const WindowGeometry& w, int32_t y, int32_t x) {
  TapWindow t;
  t.first_x = x * w.stride_width - w.pad_left;
  t.first_y = y * w.stride_height - w.pad_top;
  t.columns = taps_inside(t.first_x, w.dilation_width, w.kernel_width, w.input_width);
  t.rows = taps_inside(t.first_y, w.dilation_height, w.kernel_height, w.input_height);
  return t;
}

// Adds the taps of kCount channels that follow each other both in the input and in the weights.
template <int32_t kCount>
void sum_taps(const DepthwiseS8& conv, const TapWindow& t, int32_t input_channel, int32_t channel,
              uint32_t (&acc)[kCount]) {
  const WindowGeometry& w = conv.window;
  const int32_t channels = conv.output_channels();
  const int32_t step = w.dilation_width * w.input_pitch;
  for (int32_t i = t.rows.begin; i < t.rows.end; ++i) {
    const int8_t* in = conv.input.row<int8_t>(t.first_y + i * w.dilation_height) +
                       (t.first_x * w.input_pitch + t.columns.begin * step + input_channel);
    const int8_t* weights = conv.weights + (i * w.kernel_width + t.columns.begin) * channels + channel;
    for (int32_t j = t.columns.begin; j < t.columns.end; ++j, in += step, weights += channels) {
      for (int32_t c = 0; c < kCount; ++c) {
        acc[c] += static_cast<uint32_t>((in[c] + conv.input_offset) * weights[c]);
      }
    }
  }
}

template <int32_t kCount>
void channel_block(const DepthwiseS8& conv, const TapWindow& t, int32_t channel, int8_t* out) {
  uint32_t acc[kCount];
  for (int32_t c = 0; c < kCount; ++c) acc[c] = static_cast<uint32_t>(conv.stage.bias_of(channel + c));
  sum_taps<kCount>(conv, t, channel, channel, acc);
  for (int32_t c = 0; c < kCount; ++c) {
    out[channel + c] = conv.stage.apply(static_cast<int32_t>(acc[c]), conv.stage.multiplier_of(channel + c));
  }
}

void pixel(const DepthwiseS8& conv, const TapWindow& t, int8_t* out) {
  int32_t channel = 0;
  for (; channel + 4 <= conv.input_channels; channel += 4) channel_block<4>(conv, t, channel, out);
  for (; channel < conv.input_channels; ++channel) channel_block<1>(conv, t, channel, out);
}

// depth_multiplier > 1: several outputs per input channel, one after the other.
void pixel_multiplied(const DepthwiseS8& conv, const TapWindow& t, int8_t* out) {
  for (int32_t c = 0; c < conv.output_channels(); ++c) {
    uint32_t acc[1] = {static_cast<uint32_t>(conv.stage.bias_of(c))};
    sum_taps<1>(conv, t, c / conv.depth_multiplier, c, acc);
    out[c] = conv.stage.apply(static_cast<int32_t>(acc[0]), conv.stage.multiplier_of(c));
  }
}

}  // namespace

void depthwise_s8(const DepthwiseS8& conv, RowRange rows) {
  for (int32_t y = rows.begin; y < rows.end; ++y) {
    int8_t* out = conv.output.row<int8_t>(y);
    for (int32_t x = 0; x < conv.window.output_width; ++x, out += conv.window.output_pitch) {
      const TapWindow t = window_at(conv.window, y, x);
      if (conv.depth_multiplier == 1) {
        pixel(conv, t, out);
      } else {
        pixel_multiplied(conv, t, out);
      }
    }
  }
}

}  // namespace arenite::portable
