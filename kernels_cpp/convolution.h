// What conv_2d and depthwise_conv_2d share: operands, window, requantization.
#pragma once

#include "kernels_cpp/activation.h"
#include "kernels_cpp/bodies.h"
#include "kernels_cpp/half.h"
#include "kernels_cpp/hybrid.h"
#include "kernels_cpp/microkernels/conv_s8.h"
#include "kernels_cpp/microkernels/patch.h"
#include "kernels_cpp/requantization.h"
#include "kernels_cpp/weighted.h"

namespace arenite {

// Field ids in the operator's options table.
struct WindowFields {
  uint32_t padding;
  uint32_t stride_width;
  uint32_t stride_height;
  uint32_t activation;
  uint32_t dilation_width;
  uint32_t dilation_height;
};

// What the options say.
struct WindowOptions {
  int32_t padding;
  int32_t stride_width;
  int32_t stride_height;
  int32_t activation;
  int32_t dilation_width;
  int32_t dilation_height;
};

// Operands and window of one node. Filter axes 1 and 2 are height and width; `channel_axis` holds the outputs.
// input [batch, height, width, channels]; filter: conv_2d [outputs, h, w, inputs per group], depthwise [1, h, w,
// outputs]; output [batch, height, width, outputs].
struct Convolution : Weighted {
  WindowGeometry window;
  int32_t channel_axis;

  // The operands; load() finds out the rest. Members that are made in place need no second copy on the stack.
  explicit Convolution(const Node& node) : Weighted(node) {}

  int32_t outputs() const { return filter.dim(channel_axis); }

  // Status: options or shapes that make no window. Cheap enough to be repeated in eval.
  Status load(const Node& node, const WindowFields& fields, int32_t channel_axis);
  Status load(const WindowOptions& options, int32_t channel_axis);

  // Everything else that the table of operators cannot say; once, in prepare.
  Status check() const;

  // The rest of the checks for float activations with integer weights; room for the codes of one image.
  Status prepare_hybrid(uint32_t* scratch_bytes) const;

  // Bytes of the multipliers in scratch, a multiple of 16.
  uint32_t multiplier_bytes() const;

  // Fills `multipliers` from the scales and returns the stage that reads them.
  OutputStage stage_s8(Multiplier* multipliers) const;
  OutputStageS16 stage_s16(Multiplier* multipliers, bool narrow) const;

  RowBuffer image(const Tensor& tensor, int32_t batch) const;

 private:
  Status load_window(const WindowOptions& options, int32_t axis);
};

// Where the weights of an output channel lie, and which inputs they meet.
struct ChannelOrder {
  int32_t depth;          // inputs below one tap
  int32_t tap_pitch;      // weights from one tap to the next
  int32_t channel_pitch;  // weights from one output channel to the next
  int32_t sharing;        // output channels that read the same inputs
};

// With the least code: int8 with int8 or int4 weights, channel by channel. No scratch.
void run_channels(const Convolution& conv, const ChannelOrder& order);

[[gnu::always_inline]] inline Status eval_convolution(const Node& node, const WindowFields& fields,
                                                      int32_t channel_axis, const Bodies<Convolution>& bodies) {
  Convolution conv(node);
  ARENITE_TRY(conv.load(node, fields, channel_axis));
  // A hybrid operator's scale hangs on the whole image.
  ARENITE_CHECK(row_window(node) == nullptr || !is_hybrid(conv.input, conv.filter), kUnsupportedOp);
  bodies.run(node, conv);
  return Status::kOk;
}

// For each image all of its rows, or the window's rows of image 0: compute(input rows, output rows, range).
template <typename Compute>
inline void for_each_image(const Node& node, const Convolution& conv, Compute compute) {
  if (const RowWindow* window = row_window(node)) {
    compute(window->input[0], window->output, window->range);
    return;
  }
  for (int32_t b = 0; b < conv.input.dim(0); ++b) {
    compute(conv.image(conv.input, b), conv.image(conv.output, b), RowRange{0, conv.output.dim(1)});
  }
}

// pixel(input rows, window, T* out) for every output pixel, of images that variant(input rows, output rows, range) does
// not do.
template <typename T, typename Pixel, typename Variant>
inline void for_each_pixel(const Node& node, const Convolution& conv, Pixel pixel, Variant variant) {
  for_each_image(node, conv, [&](RowBuffer input, RowBuffer output, RowRange rows) {
    if (variant(input, output, rows)) return;
    for (int32_t y = rows.begin; y < rows.end; ++y) {
      T* out = output.row<T>(y);
      for (int32_t x = 0; x < conv.window.output_width; ++x, out += conv.outputs()) {
        pixel(input, PixelWindow(conv.window, y, x), out);
      }
    }
  });
}

template <typename T, typename Pixel>
inline void for_each_pixel(const Node& node, const Convolution& conv, Pixel pixel) {
  for_each_pixel<T>(node, conv, pixel, [](RowBuffer, RowBuffer, RowRange) { return false; });
}

// out[y, x, n] = finish(sum(input rows, window, n), n) for every output pixel: the plain loop of float32.
template <typename T, typename Sum, typename Finish, typename Variant>
inline void for_each_output(const Node& node, const Convolution& conv, Sum sum, Finish finish, Variant variant) {
  const auto pixel = [&](RowBuffer input, const PixelWindow& window, T* out) {
    for (int32_t n = 0; n < conv.outputs(); ++n) out[n] = finish(sum(input, window, n), n);
  };
  for_each_pixel<T>(node, conv, pixel, variant);
}

// out[y, x, n] = activation(scaled(sum(codes, window, n), n, scale) + bias[n]) for float activations with integer
// weights; `codes` are those of one whole image, `scale` is theirs. Scratch as prepare_hybrid asks for.
template <typename Sum, typename Scaled>
inline void for_each_hybrid_output(const Node& node, const Convolution& conv, bool asymmetric, Sum sum, Scaled scaled) {
  const ActivationRange<float> range = activation_range_f32(conv.activation);
  const float* const bias = conv.bias.present ? conv.bias.as<float>() : nullptr;
  const int32_t row = conv.input.dim(2) * conv.input.dim(3);
  int16_t* const scratch = static_cast<int16_t*>(node.scratch());
  const RowBuffer codes = {static_cast<uint8_t*>(node.scratch()), 2 * row, conv.input.dim(1)};
  for_each_image(node, conv, [&](RowBuffer input, RowBuffer output, RowRange rows) {
    const float scale = quantize_dynamic(input.row<float>(0), conv.input.dim(1) * row, asymmetric, scratch);
    for (int32_t y = rows.begin; y < rows.end; ++y) {
      float* out = output.row<float>(y);
      for (int32_t x = 0; x < conv.window.output_width; ++x) {
        const PixelWindow window(conv.window, y, x);
        for (int32_t n = 0; n < conv.outputs(); ++n) {
          const int32_t acc = static_cast<int32_t>(sum(codes, window, n));
          const float value = scaled(static_cast<float>(acc), n, scale);
          *out++ = range.apply(bias == nullptr ? value : value + bias[n]);
        }
      }
    }
  });
}

}  // namespace arenite
