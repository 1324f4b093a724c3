#include "kernels_cpp/convolution.h"

#include "kernels_cpp/padding.h"

namespace arenite {
namespace {

WindowAxis height_axis(const Convolution& conv) {
  const WindowGeometry& w = conv.window;
  return {w.input_height, w.kernel_height, w.stride_height, w.dilation_height};
}

WindowAxis width_axis(const Convolution& conv) {
  const WindowGeometry& w = conv.window;
  return {w.input_width, w.kernel_width, w.stride_width, w.dilation_width};
}

}  // namespace

Convolution::Convolution(const Node& node)
    : input(node.input(0)), filter(weights_operand(node, 1)), bias(weights_operand(node, 2)), output(node.output(0)) {}

Status Convolution::load(const Node& node, const WindowFields& fields, int32_t axis) {
  return load({node.option_i8(fields.padding, format::Padding::SAME), node.option_i32(fields.stride_width, 0),
               node.option_i32(fields.stride_height, 0),
               node.option_i8(fields.activation, format::ActivationFunctionType::NONE),
               node.option_i32(fields.dilation_width, 1), node.option_i32(fields.dilation_height, 1)},
              axis);
}

Status Convolution::load(const WindowOptions& options, int32_t axis) {
  ARENITE_CHECK(input.rank == 4 && filter.rank == 4 && output.rank == 4, kBadShape);
  channel_axis = axis;
  activation = options.activation;
  padding = options.padding;
  window.input_height = input.dim(1);
  window.input_width = input.dim(2);
  window.input_pitch = input.dim(3);
  window.output_width = output.dim(2);
  window.output_pitch = output.dim(3);
  window.kernel_height = filter.dim(1);
  window.kernel_width = filter.dim(2);
  window.stride_height = options.stride_height;
  window.stride_width = options.stride_width;
  window.dilation_height = options.dilation_height;
  window.dilation_width = options.dilation_width;
  ARENITE_CHECK(height_axis(*this).valid() && width_axis(*this).valid(), kBadOption);
  window.pad_top = height_axis(*this).pad_before(padding);
  window.pad_left = width_axis(*this).pad_before(padding);
  return Status::kOk;
}

Status Convolution::check() const {
  ARENITE_CHECK(padding == format::Padding::SAME || padding == format::Padding::VALID, kBadOption);
  ARENITE_CHECK(activation_is_fusable(activation), kBadOption);
  ARENITE_CHECK(output.dim(0) == input.dim(0) && output.dim(1) == height_axis(*this).output(padding) &&
                    output.dim(2) == width_axis(*this).output(padding) && output.dim(3) == outputs(),
                kBadShape);
  ARENITE_CHECK(input.dim(3) > 0 && outputs() > 0, kBadShape);
  ARENITE_CHECK(!bias.present || bias.count() == outputs(), kBadShape);
  // Coordinates in elements stay below 2^31, also those of taps in the padding.
  constexpr int32_t kLimit = 1 << 30;
  const int32_t pitch = input.dim(3);
  ARENITE_CHECK(width_axis(*this).extent() < kLimit / pitch && filter.count() / outputs() < (1 << 26), kLimitExceeded);
  if (input.type == Type::kFloat32) return Status::kOk;
  ARENITE_CHECK(filter.zero_point == 0, kBadQuantization);
  return check_multipliers(input, filter, output, channel_axis);
}

Status Convolution::prepare_hybrid(uint32_t* scratch_bytes) const {
  ARENITE_CHECK(filter.scale_count == outputs(), kBadQuantization);
  const int32_t codes = input.dim(1) * input.dim(2) * input.dim(3);
  ARENITE_CHECK(codes > 0, kBadShape);
  *scratch_bytes = codes_bytes(codes);
  return check_hybrid_weights(filter, channel_axis);
}

uint32_t Convolution::multiplier_bytes() const {
  return (static_cast<uint32_t>(filter.scale_count) * sizeof(Multiplier) + 15) & ~15u;
}

OutputStage Convolution::stage_s8(Multiplier* multipliers) const {
  fill_multipliers(input, filter, output, multipliers);
  const ActivationRange<int32_t> range = activation_range_s8(activation, output);
  return {bias.present ? bias.as<int32_t>() : nullptr,
          multipliers,
          filter.scale_count > 1 ? 1 : 0,
          output.zero_point,
          range.min,
          range.max};
}

OutputStageS16 Convolution::stage_s16(Multiplier* multipliers, bool narrow) const {
  fill_multipliers(input, filter, output, multipliers);
  return {bias, multipliers, filter.scale_count > 1 ? 1 : 0, activation_range_s16(activation, output), narrow};
}

RowBuffer Convolution::image(const Tensor& tensor, int32_t batch) const {
  const int32_t stride = tensor.dim(2) * tensor.dim(3) * static_cast<int32_t>(type_size(tensor.type));
  const int32_t height = tensor.dim(1);
  return {tensor.as<uint8_t>() + static_cast<ptrdiff_t>(batch) * height * stride, stride, height};
}

}  // namespace arenite
