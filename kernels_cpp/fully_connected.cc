// FULLY_CONNECTED: the input seen as rows of the filter's depth, times the filter [outputs, depth].
#include <cstring>

#include "kernels_cpp/activation.h"
#include "kernels_cpp/bodies.h"
#include "kernels_cpp/half.h"
#include "kernels_cpp/hybrid.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/requantization.h"
#include "kernels_cpp/row_s16.h"
#include "kernels_cpp/weight_blocks.h"
#include "kernels_cpp/weighted.h"

namespace arenite {
namespace {

namespace Options = format::FullyConnectedOptions;

// input of any rank, count = rows * depth; filter [outputs, depth]; output [rows, outputs], or the input's shape with
// the last axis replaced (keep_num_dims).
struct Operands : Weighted {
  explicit Operands(const Node& node) : Weighted(node) {
    activation = node.option_i8(Options::fused_activation_function, format::ActivationFunctionType::NONE);
  }

  int32_t outputs() const { return filter.dim(0); }
  int32_t depth() const { return filter.dim(1); }
  int32_t rows() const { return output.count() / outputs(); }
};

Status check_shapes(const Node& node, const Operands& o) {
  ARENITE_CHECK(o.filter.rank == 2 && o.outputs() > 0 && o.depth() > 0, kBadShape);
  ARENITE_CHECK(!o.bias.present || o.bias.count() == o.outputs(), kBadShape);
  ARENITE_CHECK(o.output.rank >= 1 && o.output.back(0) == o.outputs(), kBadShape);
  // keep_num_dims needs no case of its own: the leading axes only have to hold as many rows as the input.
  ARENITE_CHECK(o.input.count() % o.depth() == 0 && o.input.count() / o.depth() == o.rows(), kBadShape);
  if (node.option_i8(Options::keep_num_dims, 0) != 0) {
    ARENITE_CHECK(o.output.rank == o.input.rank && o.input.back(0) == o.depth(), kBadShape);
  }
  return Status::kOk;
}

// Output channels whose multipliers exist at the same time. One row is computed a slice of the filter after the other,
// so that a wide layer does not need 8 bytes per channel; more rows would read each slice once per row and stay whole.
// Of int4 weights rows are computed one by one.
constexpr int32_t kSlice = 32;

int32_t slice_of(const Operands& o) {
  const bool whole = o.filter.scale_count == 1 || (o.rows() != 1 && !is_int4(o.filter));
  return whole || o.outputs() < kSlice ? o.outputs() : kSlice;
}

// One multiplier fits the stack; those of per-channel filters go to scratch.
uint32_t multiplier_bytes(const Operands& o) {
  return o.filter.scale_count > 1 ? static_cast<uint32_t>(slice_of(o)) * sizeof(Multiplier) : 0;
}

// A row of gemm_s4's, of an odd depth also a copy of the input's row with a zero at both ends. A multiple of 16.
uint32_t packed_bytes(int32_t depth) {
  const uint32_t copy = depth % 2 == 0 ? 0 : (static_cast<uint32_t>(depth) + 2 + 15) & ~15u;
  return gemm_s4_scratch_bytes(depth + depth % 2) + copy;
}

// What int4 weights take in front of the multipliers: a block of them unpacked, or a row of the input as gemm_s4 sorts
// it.
uint32_t int4_bytes(const Operands& o) {
  if (!is_int4(o.filter)) return 0;
  const uint32_t block = block_bytes(o.filter, slice_of(o), o.depth());
  const uint32_t row = packed_bytes(o.depth());
  return block > row ? block : row;
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Operands o(node);
  ARENITE_TRY(check_shapes(node, o));
  ARENITE_CHECK(activation_is_fusable(o.activation), kBadOption);
  ARENITE_CHECK(node.option_i8(Options::weights_format, 0) == format::FullyConnectedOptionsWeightsFormat::DEFAULT,
                kBadOption);
  if (is_hybrid(o.input, o.filter)) {
    *scratch_bytes = codes_bytes(o.depth());
    return check_hybrid_weights(o.filter, 0);
  }
  if (is_float(o.input)) return Status::kOk;
  *scratch_bytes = int4_bytes(o) + multiplier_bytes(o);
  ARENITE_TRY(check_multipliers(o.input, o.filter, o.output, 0));
  return is_int16(o.input) ? check_multipliers_s16(o.input, o.filter, o.output) : Status::kOk;
}

// Every second output of one row of the input, kHalf at most; `weights`, the index of the first one's first weight, is
// odd with `lhs` at the zero before the row, even at the row itself. The weight that is too many meets a zero.
constexpr int32_t kHalf = kSlice / 2;
bool run_half(const Operands& o, const GemmS8& gemm, int32_t channel, int32_t weights, const int8_t* lhs,
              void* scratch) {
  int32_t bias[kHalf];
  Multiplier multipliers[kHalf];
  int8_t out[kHalf];
  int32_t count = 0;
  for (int32_t c = channel; c < gemm.columns && count < kHalf; c += 2, ++count) {
    bias[count] = gemm.stage.bias_of(c);
    multipliers[count] = gemm.stage.multiplier_of(c);
  }
  GemmS4 job = {};
  job.columns = count;
  job.depth = gemm.depth + 1;
  job.row_bytes = gemm.depth;  // two rows
  job.lhs = lhs;
  job.rhs = o.filter.as<uint8_t>() + weights / 2;
  job.out = out;
  job.lhs_offset = gemm.lhs_offset;
  job.rhs_offset = gemm.rhs_offset;
  job.stage = gemm.stage;
  job.stage.bias = bias;
  job.stage.multipliers = multipliers;
  job.scratch = scratch;
  if (!isa::gemm_s4(job)) return false;
  for (int32_t i = 0; i < count; ++i) gemm.out[channel + 2 * i] = out[i];
  return true;
}

// Rows of an odd number of weights: every second one begins inside a byte.
bool run_packed_odd(const Operands& o, GemmS8 gemm, int32_t first, int8_t* scratch) {
  const int32_t depth = gemm.depth;
  int8_t* const copy = scratch + gemm_s4_scratch_bytes(depth + 1);
  copy[0] = copy[depth + 1] = static_cast<int8_t>(-gemm.lhs_offset);
  for (int32_t row = 0; row < o.rows(); ++row, gemm.lhs += depth, gemm.out += o.outputs()) {
    std::memcpy(copy + 1, gemm.lhs, static_cast<size_t>(depth));
    for (int32_t slice = 0; slice < gemm.columns; slice += kSlice) {
      for (int32_t channel = slice; channel < slice + 2 && channel < gemm.columns; ++channel) {
        const int32_t weights = (first + channel) * depth;
        if (!run_half(o, gemm, channel, weights, copy + 1 - weights % 2, scratch)) return false;
      }
    }
  }
  return true;
}

// A slice of int4 weights that begins at channel `first` of the output; gemm is that of int8, without weights.
bool run_packed(const Operands& o, const GemmS8& gemm, int32_t first, int8_t* scratch) {
  if (o.depth() % 2 != 0) return run_packed_odd(o, gemm, first, scratch);
  const int32_t row_bytes = gemm.depth / 2;
  GemmS4 job = {gemm.columns, gemm.depth,      row_bytes,       gemm.lhs,   o.filter.as<uint8_t>() + first * row_bytes,
                gemm.out,     gemm.lhs_offset, gemm.rhs_offset, gemm.stage, scratch};
  for (int32_t row = 0; row < o.rows(); ++row) {
    if (!isa::gemm_s4(job)) return false;
    job.lhs += o.depth();
    job.out += o.outputs();
  }
  return true;
}

// The same, unpacked block by block.
void run_unpacked(const Operands& o, GemmS8 gemm, int32_t first, int8_t* scratch) {
  const int32_t end = first + gemm.columns;
  const int32_t block = channels_per_block(o.filter, slice_of(o), o.depth());
  const GemmS8 slice = gemm;
  for (int32_t channel = first; channel < end; channel += block) {
    gemm.columns = clamp(end - channel, 0, block);
    gemm.rhs = unpacked_weights(o.filter, channel * o.depth(), gemm.columns * o.depth(), scratch);
    gemm.stage = slice.stage.from_channel(channel - first);
    gemm.lhs = slice.lhs;
    gemm.out = slice.out + (channel - first);
    for (int32_t row = 0; row < o.rows(); ++row) {
      isa::gemm_s8(gemm);
      gemm.lhs += o.depth();
      gemm.out += o.outputs();
    }
  }
}

// With the least code: every output by itself, multiplier included. No scratch.
void eval_least(const Operands& o) {
  const ActivationRange<int32_t> range = activation_range_s8(o.activation, o.output);
  const OutputStage stage = {nullptr, nullptr, 0, o.output.zero_point, range.min, range.max};
  const ProductRun run = {o.filter.as<uint8_t>(), -o.input.zero_point, -o.filter.zero_point, o.depth(), 1, 1};
  const int8_t* in = o.input.as<int8_t>();
  int8_t* out = o.output.as<int8_t>();
  for (int32_t row = 0; row < o.rows(); ++row, in += o.depth()) {
    for (int32_t n = 0; n < o.outputs(); ++n) {
      const uint32_t bias = static_cast<uint32_t>(o.bias_of(n));
      const uint32_t sum = is_int4(o.filter) ? isa::products_s4(run, in, n * o.depth(), bias)
                                             : isa::products_s8(run, in, n * o.depth(), bias);
      *out++ = stage.apply(static_cast<int32_t>(sum), o.multiplier_of(n));
    }
  }
}

void eval_s8(const Node& node, const Operands& o) {
  if constexpr (kLeastCode) return eval_least(o);
  const bool per_channel = o.filter.scale_count > 1;
  int8_t* const scratch = static_cast<int8_t*>(node.scratch());
  Multiplier single;
  Multiplier* const multipliers = per_channel ? reinterpret_cast<Multiplier*>(scratch + int4_bytes(o)) : &single;
  const ActivationRange<int32_t> range = activation_range_s8(o.activation, o.output);
  GemmS8 gemm = {};
  gemm.rows = is_int4(o.filter) ? 1 : o.rows();  // of the output all are one matrix, of a slice of it they are not
  gemm.depth = o.depth();
  gemm.lhs_offset = -o.input.zero_point;
  gemm.rhs_offset = -o.filter.zero_point;
  const int32_t slice = slice_of(o);
  for (int32_t first = 0; first < o.outputs(); first += slice) {
    gemm.columns = clamp(o.outputs() - first, 0, slice);
    fill_multipliers(o.input, o.filter, o.output, first, gemm.columns, multipliers);
    gemm.stage = {o.bias.present ? o.bias.as<int32_t>() + first : nullptr,
                  multipliers,
                  per_channel ? 1 : 0,
                  o.output.zero_point,
                  range.min,
                  range.max};
    gemm.lhs = o.input.as<int8_t>();
    gemm.out = o.output.as<int8_t>() + first;
    if (!is_int4(o.filter)) {
      gemm.rhs = o.filter.as<int8_t>() + static_cast<ptrdiff_t>(first) * o.depth();
      isa::gemm_s8(gemm);
    } else if (!run_packed(o, gemm, first, scratch)) {
      run_unpacked(o, gemm, first, scratch);
    }
  }
}

// The plain loop. Weight: float or Half.
template <typename Weight>
void eval_float(const Operands& o, const FloatBias& bias, ActivationRange<float> range) {
  const int32_t depth = o.depth();
  const float* in = o.input.as<float>();
  float* out = o.output.as<float>();
  for (int32_t row = 0; row < o.rows(); ++row, in += depth) {
    for (int32_t n = 0; n < o.outputs(); ++n) {
      const auto weights = WeightsFrom<Weight>::at(o.filter, n * depth);
      float sum = 0;
      for (int32_t k = 0; k < depth; ++k) sum += in[k] * weights[k];
      *out++ = range.apply(bias.plus(sum, n));
    }
  }
}

void eval_f32(const Node&, const Operands& o) {
  const ActivationRange<float> range = activation_range_f32(o.activation);
  const FloatBias bias(o.bias);
  if (is_half(o.filter)) return eval_float<Half>(o, bias, range);
  if (!is_half(o.bias) && isa::gemm_f32({o.rows(), o.outputs(), o.depth(), o.input.as<float>(), o.filter.as<float>(),
                                         o.output.as<float>(), bias.wide, range.min, range.max})) {
    return;
  }
  eval_float<float>(o, bias, range);
}

// The rows of the input are the pixels of a 1x1 convolution. By a variant of this processor; false: the plain loop has
// to do it.
bool variant_s16(const Operands& o, const OutputStageS16& stage, int32_t first, int32_t count) {
  constexpr int32_t kBytes = sizeof(int16_t);
  ConvS16 job = {};
  job.window = {1, o.rows(), o.depth(), o.rows(), o.outputs(), 1, 1, 1, 1, 1, 1, 0, 0};
  job.input_channels = o.depth();
  job.output_channels = count;
  job.input = {o.input.as<uint8_t>(), o.input.count() * kBytes, 1};
  job.output = {o.output.as<uint8_t>() + first * kBytes, o.output.count() * kBytes, 1};
  job.weights = o.filter.as<int8_t>() + static_cast<ptrdiff_t>(first) * o.depth();
  job.stage = &stage;
  return isa::conv_s16(job, {0, 1});
}

// Each row of the input has a scale of its own. Sums wrap.
template <typename Weight>
void eval_hybrid(const Node& node, const Operands& o) {
  const ActivationRange<float> range = activation_range_f32(o.activation);
  const bool asymmetric = node.option_i8(Options::asymmetric_quantize_inputs, 0) != 0;
  const float* const bias = o.bias.present ? o.bias.as<float>() : nullptr;
  int16_t* const codes = static_cast<int16_t*>(node.scratch());
  const float* in = o.input.as<float>();
  float* out = o.output.as<float>();
  for (int32_t row = 0; row < o.rows(); ++row, in += o.depth()) {
    const float scale = quantize_dynamic(in, o.depth(), asymmetric, codes);
    for (int32_t n = 0; n < o.outputs(); ++n) {
      const auto weights = WeightsFrom<Weight>::at(o.filter, n * o.depth());
      uint32_t sum = 0;
      for (int32_t k = 0; k < o.depth(); ++k) sum += static_cast<uint32_t>(codes[k] * weights[k]);
      const float product = static_cast<float>(static_cast<int32_t>(sum)) * (scale * weight_scale(o.filter, n));
      *out++ = range.apply(bias == nullptr ? product : bias[n] + product);
    }
  }
}

void eval_s16(const Node& node, const Operands& o) {
  const bool per_channel = o.filter.scale_count > 1;
  Multiplier single;
  Multiplier* const multipliers = per_channel ? static_cast<Multiplier*>(node.scratch()) : &single;
  OutputStageS16 stage = {o.bias, multipliers, per_channel ? 1 : 0, activation_range_s16(o.activation, o.output),
                          false};
  const int32_t slice = slice_of(o);
  for (int32_t first = 0; first < o.outputs(); first += slice) {
    const int32_t count = clamp(o.outputs() - first, 0, slice);
    fill_multipliers(o.input, o.filter, o.output, first, count, multipliers);
    if (o.bias.present) stage.bias.data = o.bias.as<uint8_t>() + sizeof(int64_t) * static_cast<size_t>(first);
    if (variant_s16(o, stage, first, count)) continue;
    const int8_t* const weights = o.filter.as<int8_t>() + static_cast<ptrdiff_t>(first) * o.depth();
    for (int32_t row = 0; row < o.rows(); ++row) {
      row_s16(o.input.as<int16_t>() + row * o.depth(), weights, o.depth(), 0, count, stage,
              o.output.as<int16_t>() + row * o.outputs() + first);
    }
  }
}

constexpr Bodies<Operands> kBodies = {eval_hybrid<int8_t>, eval_hybrid<Int4>, eval_f32, eval_s16, eval_s8};

Status eval(const Node& node) {
  const Operands o(node);
  kBodies.run(node, o);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_READING_HALF(fully_connected, 1 << 1 | 1 << 2);
