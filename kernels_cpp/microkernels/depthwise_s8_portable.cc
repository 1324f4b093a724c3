#include "kernels_cpp/microkernels/depthwise_taps.h"
#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {
namespace {

constexpr int32_t kBlock = 4;    // channels that share the walk over the taps
constexpr int32_t kMaxRows = 8;  // of the kernel, for blocks; taller kernels go channel by channel

// Scalars, because compilers keep arrays in memory.
struct Sums {
  uint32_t s0, s1, s2, s3;
};

// input_offset times the weights of all columns: what inner pixels need not add to each input.
Sums offset_sums(const DepthwiseS8& conv, const PixelWindow& t, int32_t channel) {
  const int32_t channels = conv.input_channels;
  const int8_t* weights = conv.weights + t.rows.begin * conv.window.kernel_width * channels + channel;
  const int32_t taps = (t.rows.end - t.rows.begin) * conv.window.kernel_width;
  int32_t w0 = 0, w1 = 0, w2 = 0, w3 = 0;
  for (int32_t i = 0; i < taps; ++i, weights += channels) {
    w0 += weights[0];
    w1 += weights[1];
    w2 += weights[2];
    w3 += weights[3];
  }
  const int32_t offset = conv.input_offset;
  return {wrapped_product(w0, offset), wrapped_product(w1, offset), wrapped_product(w2, offset),
          wrapped_product(w3, offset)};
}

// The input rows that kernel rows t.rows meet; found once per output row.
struct InputRows {
  const int8_t* at[kMaxRows];

  InputRows(const DepthwiseS8& conv, const PixelWindow& t) {
    for (int32_t i = t.rows.begin; i < t.rows.end; ++i) {
      at[i] = conv.input.row<int8_t>(t.first_y + i * conv.window.dilation_height);
    }
  }
};

template <bool kAddOffset>
inline void add_taps(const DepthwiseS8& conv, const InputRows& rows, const PixelWindow& t, int32_t channel,
                     Sums& sums) {
  const WindowGeometry& w = conv.window;
  const int32_t channels = conv.input_channels;
  const int32_t step = w.dilation_width * w.input_pitch;
  const int32_t offset = kAddOffset ? conv.input_offset : 0;
  const int32_t taps = t.columns.end - t.columns.begin;
  const int32_t first = t.first_x * w.input_pitch + t.columns.begin * step + channel;
  const int32_t rest_of_row = (w.kernel_width - taps) * channels;
  const int8_t* weights = conv.weights + (t.rows.begin * w.kernel_width + t.columns.begin) * channels + channel;
  for (int32_t i = t.rows.begin; i < t.rows.end; ++i, weights += rest_of_row) {
    const int8_t* in = rows.at[i] + first;
    for (int32_t left = taps; left > 0; --left, in += step, weights += channels) {
      sums.s0 += wrapped_product(in[0] + offset, weights[0]);
      sums.s1 += wrapped_product(in[1] + offset, weights[1]);
      sums.s2 += wrapped_product(in[2] + offset, weights[2]);
      sums.s3 += wrapped_product(in[3] + offset, weights[3]);
    }
  }
}

void four_channels(const DepthwiseS8& conv, const InputRows& rows, PixelWindow t, int32_t channel, int8_t* out) {
  const OutputStage stage = conv.stage.from_channel(channel);
  const Sums bias = {static_cast<uint32_t>(stage.bias_of(0)), static_cast<uint32_t>(stage.bias_of(1)),
                     static_cast<uint32_t>(stage.bias_of(2)), static_cast<uint32_t>(stage.bias_of(3))};
  const Sums offsets = offset_sums(conv, t, channel);
  out += channel;
  for (int32_t x = 0; x < conv.window.output_width; ++x, out += conv.window.output_pitch) {
    t.move_to_column(conv.window, x);
    Sums sums = bias;
    if (t.all_columns(conv.window)) {
      sums = {bias.s0 + offsets.s0, bias.s1 + offsets.s1, bias.s2 + offsets.s2, bias.s3 + offsets.s3};
      add_taps<false>(conv, rows, t, channel, sums);
    } else {
      add_taps<true>(conv, rows, t, channel, sums);
    }
    out[0] = stage.apply(static_cast<int32_t>(sums.s0), stage.multiplier_of(0));
    out[1] = stage.apply(static_cast<int32_t>(sums.s1), stage.multiplier_of(1));
    out[2] = stage.apply(static_cast<int32_t>(sums.s2), stage.multiplier_of(2));
    out[3] = stage.apply(static_cast<int32_t>(sums.s3), stage.multiplier_of(3));
  }
}

// Any depth multiplier: output channel c reads input channel c / depth_multiplier.
void one_channel(const DepthwiseS8& conv, PixelWindow t, int32_t channel, int8_t* out) {
  const OutputStage stage = conv.stage;
  const Multiplier multiplier = stage.multiplier_of(channel);
  out += channel;
  for (int32_t x = 0; x < conv.window.output_width; ++x, out += conv.window.output_pitch) {
    t.move_to_column(conv.window, x);
    *out = stage.apply(sum_of_taps(conv, t, channel), multiplier);
  }
}

}  // namespace

void depthwise_s8(const DepthwiseS8& conv, RowRange rows) {
  for (int32_t y = rows.begin; y < rows.end; ++y) {
    const PixelWindow t(conv.window, y, 0);
    int8_t* const out = conv.output.row<int8_t>(y);
    int32_t channel = 0;
    if (conv.depth_multiplier == 1 && conv.window.kernel_height <= kMaxRows) {
      const InputRows input_rows(conv, t);
      for (; channel + kBlock <= conv.input_channels; channel += kBlock) {
        four_channels(conv, input_rows, t, channel, out);
      }
    }
    for (; channel < conv.output_channels(); ++channel) one_channel(conv, t, channel, out);
  }
}

}  // namespace arenite::portable
