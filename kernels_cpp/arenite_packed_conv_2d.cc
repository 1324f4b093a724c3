// ARENITE_PACKED_CONV_2D, a custom operator: CONV_2D with int8 activations and weights of one bit, -1 and 1, or two,
// -1, 0 and 1. Its bytes are those of CONV_2D with these weights in int8.
#include "kernels_cpp/blockwise_convolution.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/packed_weights.h"

namespace arenite {
namespace {

struct Operands {
  OptionMap options;
  int32_t dims[4];  // [outputs, h, w, inputs per group]
  Convolution conv;

  explicit Operands(const Node& node) : options(node), conv(node) {
    const Tensor words = node.input(kPackedWords);
    dims[0] = words.rank == 2 ? words.dim(0) : 0;
    dims[1] = options.i32("kernel_h", 1);
    dims[2] = options.i32("kernel_w", 1);
    dims[3] = options.i32("depth", 0);
    conv.filter = packed_filter(node, dims, 4);
    conv.bias = node.input(kPackedBias);
  }
  Operands(const Operands&) = delete;
  Operands& operator=(const Operands&) = delete;

  Status load() {
    return conv.load({options.i32("same_padding", 1) != 0 ? format::Padding::SAME : format::Padding::VALID,
                      options.i32("stride_w", 1), options.i32("stride_h", 1),
                      options.i32("activation", format::ActivationFunctionType::NONE),
                      options.i32("dilation_w_factor", 1), options.i32("dilation_h_factor", 1)},
                     0);
  }

  // Whether the weights of one output are fewer than 2^26. After load.
  bool is_small() const {
    constexpr int64_t kLimit = 1 << 26;
    const int64_t taps = static_cast<int64_t>(dims[1]) * dims[2];  // each below 2^15
    return dims[3] > 0 && dims[3] < kLimit && taps * dims[3] < kLimit;
  }
};

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  Operands o(node);
  ARENITE_TRY(o.load());
  ARENITE_CHECK(o.is_small(), kBadOption);
  ARENITE_TRY(check_packed(node, packed_rows(node, o.options, depth_of(o.conv)), o.dims[0]));
  ARENITE_TRY(o.conv.check());
  ARENITE_TRY(check_groups(o.conv));
  *scratch_bytes = blockwise_bytes(o.conv, PackedBlocks{});
  return Status::kOk;
}

Status eval(const Node& node) {
  Operands o(node);
  ARENITE_TRY(o.load());
  convolve_blockwise(node, o.conv, PackedBlocks{packed_rows(node, o.options, depth_of(o.conv))});
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arenite_packed_conv_2d);
