#include "kernels_cpp/convolution.h"

#include "kernels_cpp/isa.h"
#include "kernels_cpp/padding.h"

namespace arenite {
// Inlined: one of the two that call it is linked in most firmware.
[[gnu::always_inline]] inline Status Convolution::load_window(const WindowOptions& options, int32_t axis) {
  ARENITE_CHECK(input.rank == 4 && filter.rank == 4 && output.rank == 4, kBadShape);
  channel_axis = axis;
  activation = options.activation;
  const WindowAxis vertical = {input.dim(1), filter.dim(1), options.stride_height, options.dilation_height};
  const WindowAxis horizontal = {input.dim(2), filter.dim(2), options.stride_width, options.dilation_width};
  ARENITE_CHECK(vertical.valid() && horizontal.valid(), kBadOption);
  const int32_t padding = options.padding;
  ARENITE_CHECK(padding == format::Padding::SAME || padding == format::Padding::VALID, kBadOption);
  ARENITE_CHECK(output.dim(1) == vertical.output(padding) && output.dim(2) == horizontal.output(padding), kBadShape);
  // Coordinates in elements stay below 2^31, also those of taps in the padding.
  constexpr int32_t kLimit = 1 << 30;
  const int32_t pitch = input.dim(3);
  ARENITE_CHECK(pitch > 0, kBadShape);
  ARENITE_CHECK(horizontal.extent() < kLimit / pitch, kLimitExceeded);
  window = {vertical.input,
            horizontal.input,
            pitch,
            output.dim(2),
            output.dim(3),
            vertical.kernel,
            horizontal.kernel,
            vertical.stride,
            horizontal.stride,
            vertical.dilation,
            horizontal.dilation,
            vertical.pad_before(padding),
            horizontal.pad_before(padding)};
  return Status::kOk;
}

Status Convolution::load(const Node& node, const WindowFields& fields, int32_t axis) {
  return load_window({node.option_i8(fields.padding, format::Padding::SAME), node.option_i32(fields.stride_width, 0),
                      node.option_i32(fields.stride_height, 0),
                      node.option_i8(fields.activation, format::ActivationFunctionType::NONE),
                      node.option_i32(fields.dilation_width, 1), node.option_i32(fields.dilation_height, 1)},
                     axis);
}

Status Convolution::load(const WindowOptions& options, int32_t axis) { return load_window(options, axis); }

Status Convolution::check() const {
  ARENITE_CHECK(activation_is_fusable(activation), kBadOption);
  ARENITE_CHECK(output.dim(0) == input.dim(0) && output.dim(3) == outputs() && outputs() > 0, kBadShape);
  ARENITE_CHECK(!bias.present || bias.count() == outputs(), kBadShape);
  ARENITE_CHECK(filter.count() / outputs() < (1 << 26), kLimitExceeded);
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

void run_channels(const Convolution& conv, const ChannelOrder& order) {
  const ActivationRange<int32_t> range = activation_range_s8(conv.activation, conv.output);
  ChannelS8 job;
  job.window = &conv.window;
  job.depth = order.depth;
  job.tap_pitch = order.tap_pitch;
  job.weights = conv.filter.as<uint8_t>();
  job.input_offset = -conv.input.zero_point;
  job.stage = {nullptr, nullptr, 0, conv.output.zero_point, range.min, range.max};
  for (int32_t n = 0; n < conv.outputs(); ++n) {
    job.multiplier = conv.multiplier_of(n);
    job.bias = conv.bias_of(n);
    job.first_weight = n * order.channel_pitch;
    for (int32_t b = 0; b < conv.input.dim(0); ++b) {
      job.input = conv.image(conv.input, b);
      job.input.base += n / order.sharing * order.depth;
      job.output = conv.image(conv.output, b);
      job.output.base += n;
      if (is_int4(conv.filter)) {
        isa::channel_s4(job);
      } else {
        isa::channel_s8(job);
      }
    }
  }
}

}  // namespace arenite
