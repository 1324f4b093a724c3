#include "kernels_cpp/pool.h"

namespace arenite {

namespace Options = format::Pool2DOptions;

Pool::Pool(const Node& node)
    : input(node.input(0)),
      output(node.output(0)),
      vertical{input.back(2), node.option_i32(Options::filter_height, 0), node.option_i32(Options::stride_h, 0), 1},
      horizontal{input.back(1), node.option_i32(Options::filter_width, 0), node.option_i32(Options::stride_w, 0), 1},
      padding(node.option_i8(Options::padding, format::Padding::SAME)),
      activation(node.option_i8(Options::fused_activation_function, format::ActivationFunctionType::NONE)) {}

Status Pool::check() const {
  ARENITE_CHECK(input.rank == 4 && output.rank == 4, kBadShape);
  ARENITE_CHECK(vertical.valid() && horizontal.valid(), kBadOption);
  ARENITE_CHECK(padding == format::Padding::SAME || padding == format::Padding::VALID, kBadOption);
  ARENITE_CHECK(activation_is_fusable(activation), kBadOption);
  ARENITE_CHECK(output.dim(0) == input.dim(0) && output.dim(1) == vertical.output(padding) &&
                    output.dim(2) == horizontal.output(padding) && output.dim(3) == input.dim(3),
                kBadShape);
  // The sum of a window's codes fits 32 bits.
  const int32_t pixels = is_int16(input) ? 1 << 15 : 1 << 23;
  ARENITE_CHECK(vertical.kernel * horizontal.kernel < pixels, kLimitExceeded);
  ARENITE_CHECK(same_quantization(input, output), kBadQuantization);
  const bool bounded = activation != format::ActivationFunctionType::NONE;
  ARENITE_CHECK(is_float(output) || !bounded || is_coded(output), kBadQuantization);
  return Status::kOk;
}

}  // namespace arenite
