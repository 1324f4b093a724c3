// TRANSPOSE_CONV: the gradient of a convolution with respect to its input. Each output gathers the inputs that reach
// it, in the order in which TFLite scatters them, so that no tensor of int32 sums is needed and floats round alike.
#include "kernels_cpp/activation.h"
#include "kernels_cpp/half.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/microkernels/output_stage.h"
#include "kernels_cpp/padding.h"
#include "kernels_cpp/requantization.h"

namespace arenite {
namespace {

namespace Options = format::TransposeConvOptions;

constexpr int32_t kChannelAxis = 0;

// Inputs [begin, end) of one axis that reach one output; input i does so through tap `first_tap - i * stride`.
struct Reach {
  int32_t begin;
  int32_t end;
  int32_t first_tap;

  // `axis`: the convolution whose gradient this is, so axis.input counts our outputs.
  Reach(const WindowAxis& axis, int32_t pad_before, int32_t inputs, int32_t output) : first_tap(output + pad_before) {
    const int32_t beyond = first_tap - axis.kernel;  // the last position that the window has left behind
    begin = beyond < 0 ? 0 : beyond / axis.stride + 1;
    const int32_t last = first_tap / axis.stride;
    end = last < inputs ? last + 1 : inputs;
  }
};

struct TransposeConv {
  Tensor shape;   // int32 [4]: the output's
  Tensor filter;  // [outputs, h, w, inputs]
  Tensor input;   // [batch, height, width, inputs]
  Tensor bias;    // [outputs] or absent
  Tensor output;  // [batch, height, width, outputs]
  WindowAxis vertical;
  WindowAxis horizontal;
  int32_t padding;
  int32_t activation;

  explicit TransposeConv(const Node& node)
      : shape(node.input(0)),
        filter(weights_operand(node, 1)),
        input(node.input(2)),
        bias(weights_operand(node, 3)),
        output(node.output(0)),
        vertical{output.back(2), filter.back(2), node.option_i32(Options::stride_h, 0), 1},
        horizontal{output.back(1), filter.back(1), node.option_i32(Options::stride_w, 0), 1},
        padding(node.option_i8(Options::padding, format::Padding::SAME)),
        activation(node.option_i8(Options::fused_activation_function, format::ActivationFunctionType::NONE)) {}

  int32_t outputs() const { return filter.dim(0); }
  int32_t channels() const { return filter.dim(3); }

  // Whether operand 0 says what the output's shape is.
  bool shape_agrees() const {
    for (int32_t i = 0; i < 4; ++i) {
      if (shape.as<int32_t>()[i] != output.dim(i)) return false;
    }
    return true;
  }
};

Status check_shapes(const TransposeConv& conv) {
  ARENITE_CHECK(conv.input.rank == 4 && conv.filter.rank == 4 && conv.output.rank == 4, kBadShape);
  ARENITE_CHECK(conv.vertical.valid() && conv.horizontal.valid(), kBadOption);
  ARENITE_CHECK(conv.padding == format::Padding::SAME || conv.padding == format::Padding::VALID, kBadOption);
  ARENITE_CHECK(conv.shape.count() == 4, kBadShape);
  ARENITE_CHECK(!conv.shape.constant || conv.shape_agrees(), kBadShape);
  ARENITE_CHECK(conv.input.dim(0) == conv.output.dim(0) && conv.input.dim(1) == conv.vertical.output(conv.padding) &&
                    conv.input.dim(2) == conv.horizontal.output(conv.padding) && conv.input.dim(3) == conv.channels() &&
                    conv.output.dim(3) == conv.outputs(),
                kBadShape);
  ARENITE_CHECK(conv.channels() > 0 && conv.outputs() > 0, kBadShape);
  ARENITE_CHECK(!conv.bias.present || conv.bias.count() == conv.outputs(), kBadShape);
  return Status::kOk;
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const TransposeConv conv(node);
  ARENITE_TRY(check_shapes(conv));
  ARENITE_CHECK(activation_is_fusable(conv.activation), kBadOption);
  if (is_float(conv.input)) return Status::kOk;
  ARENITE_CHECK(conv.filter.zero_point == 0, kBadQuantization);
  ARENITE_TRY(check_multipliers(conv.input, conv.filter, conv.output, kChannelAxis));
  if (is_int16(conv.input)) ARENITE_TRY(check_multipliers_s16(conv.input, conv.filter, conv.output));
  *scratch_bytes = static_cast<uint32_t>(conv.filter.scale_count) * sizeof(Multiplier);
  return Status::kOk;
}

// Sum of one output channel over the inputs that reach it. Weights: a pointer, or what stands for one. Acc: uint32_t
// for int8, so that sums wrap; int64_t for int16; float for float.
template <typename Acc, typename T, typename Weights, typename Product>
Acc gather(const TransposeConv& conv, const T* image, Reach y, Reach x, Weights filter, Product product) {
  const int32_t channels = conv.channels();
  const int32_t pitch = conv.input.dim(2) * channels;
  Acc sum = 0;
  for (int32_t i = y.begin; i < y.end; ++i) {
    const Weights taps = filter + (y.first_tap - i * conv.vertical.stride) * conv.horizontal.kernel * channels;
    for (int32_t j = x.begin; j < x.end; ++j) {
      const T* in = image + i * pitch + j * channels;
      const Weights weights = taps + (x.first_tap - j * conv.horizontal.stride) * channels;
      for (int32_t c = 0; c < channels; ++c) sum += product(in[c], weights[c]);
    }
  }
  return sum;
}

// out = finish(sum, channel) for every element of the output. W: of the weights.
template <typename T, typename W, typename Acc, typename Product, typename Finish>
void transpose_conv(const TransposeConv& conv, Product product, Finish finish) {
  const int32_t pad_top = conv.vertical.pad_before(conv.padding);
  const int32_t pad_left = conv.horizontal.pad_before(conv.padding);
  const int32_t filter_size = conv.filter.count() / conv.outputs();
  const T* image = conv.input.as<T>();
  T* out = conv.output.as<T>();
  for (int32_t b = 0; b < conv.input.dim(0); ++b, image += conv.input.count() / conv.input.dim(0)) {
    for (int32_t y = 0; y < conv.output.dim(1); ++y) {
      const Reach rows(conv.vertical, pad_top, conv.input.dim(1), y);
      for (int32_t x = 0; x < conv.output.dim(2); ++x) {
        const Reach columns(conv.horizontal, pad_left, conv.input.dim(2), x);
        for (int32_t n = 0; n < conv.outputs(); ++n) {
          const auto filter = WeightsFrom<W>::at(conv.filter, n * filter_size);
          *out++ = finish(gather<Acc>(conv, image, rows, columns, filter, product), n);
        }
      }
    }
  }
}

void eval_s8(const Node& node, const TransposeConv& conv) {
  Multiplier* const multipliers = static_cast<Multiplier*>(node.scratch());
  fill_multipliers(conv.input, conv.filter, conv.output, multipliers);
  const ActivationRange<int32_t> range = activation_range_s8(conv.activation, conv.output);
  const OutputStage stage = {conv.bias.present ? conv.bias.as<int32_t>() : nullptr,
                             multipliers,
                             conv.filter.scale_count > 1 ? 1 : 0,
                             conv.output.zero_point,
                             range.min,
                             range.max};
  const int32_t zero_in = conv.input.zero_point;
  transpose_conv<int8_t, int8_t, uint32_t>(
      conv, [=](int8_t x, int8_t w) { return static_cast<uint32_t>((x - zero_in) * w); },
      [=](uint32_t sum, int32_t n) {
        return stage.apply(wrap_add(static_cast<int32_t>(sum), stage.bias_of(n)), stage.multiplier_of(n));
      });
}

void eval_s16(const Node& node, const TransposeConv& conv) {
  Multiplier* const multipliers = static_cast<Multiplier*>(node.scratch());
  fill_multipliers(conv.input, conv.filter, conv.output, multipliers);
  const OutputStageS16 stage = {conv.bias, multipliers, conv.filter.scale_count > 1 ? 1 : 0,
                                activation_range_s16(conv.activation, conv.output), false};
  transpose_conv<int16_t, int8_t, int64_t>(
      conv, [](int16_t x, int8_t w) { return int64_t{x * w}; },
      [&](int64_t sum, int32_t n) { return stage.apply(sum, n); });
}

template <typename Weight>
void eval_f32(const TransposeConv& conv) {
  const ActivationRange<float> range = activation_range_f32(conv.activation);
  const FloatBias bias(conv.bias);
  transpose_conv<float, Weight, float>(
      conv, [](float x, float w) { return x * w; },
      [=](float sum, int32_t n) { return range.apply(bias.plus(sum, n)); });
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);  // the rows that it reads are not those of a convolution
  const TransposeConv conv(node);
  ARENITE_CHECK(conv.shape.constant || conv.shape_agrees(), kBadValue);
  if (is_float(conv.input)) {
    is_half(conv.filter) ? eval_f32<Half>(conv) : eval_f32<float>(conv);
  } else if (is_int16(conv.input)) {
    eval_s16(node, conv);
  } else {
    eval_s8(node, conv);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_READING_HALF(transpose_conv, 1 << 1 | 1 << 3);
