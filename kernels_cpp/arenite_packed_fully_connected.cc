// ARENITE_PACKED_FULLY_CONNECTED, a custom operator: FULLY_CONNECTED with int8 activations and weights of one bit, -1
// and 1, or two, -1, 0 and 1. Its bytes are those of FULLY_CONNECTED with these weights in int8.
#include "kernels_cpp/activation.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/packed_weights.h"
#include "kernels_cpp/requantization.h"

namespace arenite {
namespace {

// Outputs whose multipliers exist at the same time.
constexpr int32_t kSlice = 32;

struct Operands {
  OptionMap options;
  Tensor input;  // any rank, count = rows * depth
  Tensor output;
  Tensor bias;      // [outputs] or absent
  int32_t dims[2];  // [outputs, depth]
  Tensor filter;

  explicit Operands(const Node& node)
      : options(node), input(node.input(0)), output(node.output(0)), bias(node.input(kPackedBias)) {
    dims[0] = output.rank > 0 ? output.back(0) : 0;
    dims[1] = options.i32("depth", 0);
    filter = packed_filter(node, dims, 2);
  }
  Operands(const Operands&) = delete;
  Operands& operator=(const Operands&) = delete;

  int32_t outputs() const { return dims[0]; }
  int32_t depth() const { return dims[1]; }
  int32_t rows() const { return output.count() / outputs(); }
  int32_t slice() const { return outputs() < kSlice ? outputs() : kSlice; }
  int32_t activation() const { return options.i32("activation", format::ActivationFunctionType::NONE); }
};

Status check_shapes(const Operands& o) {
  ARENITE_CHECK(o.outputs() > 0 && o.depth() > 0, kBadShape);
  ARENITE_CHECK(!o.bias.present || o.bias.count() == o.outputs(), kBadShape);
  ARENITE_CHECK(o.input.count() % o.depth() == 0 && o.input.count() / o.depth() == o.rows(), kBadShape);
  if (o.options.i32("keep_num_dims", 0) == 0) return Status::kOk;
  ARENITE_CHECK(o.output.rank == o.input.rank && o.input.back(0) == o.depth(), kBadShape);
  return Status::kOk;
}

// Bytes of rows that are unpacked together: few, because boards without vectors unpack none.
uint32_t room_of(const Operands& o) {
  constexpr uint32_t kLeast = 1024;
  const uint32_t row = gemm_packed_scratch_bytes(o.depth());
  return row > kLeast ? row : kLeast;
}

int32_t block_of(const Operands& o) {
  const int32_t fit = static_cast<int32_t>(room_of(o)) / o.depth();
  const int32_t block = fit < kBlockStep ? fit : fit / kBlockStep * kBlockStep;
  return block < o.slice() ? block : o.slice();
}

// A block of rows unpacked, or the left row as gemm_packed sorts it; behind it stand the multipliers.
uint32_t work_bytes(const Operands& o) {
  const uint32_t block = (static_cast<uint32_t>(block_of(o) * o.depth()) + 15) & ~15u;
  const uint32_t row = gemm_packed_scratch_bytes(o.depth());
  return block > row ? block : row;
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Operands o(node);
  ARENITE_TRY(check_shapes(o));
  ARENITE_TRY(check_packed(node, packed_rows(node, o.options, o.depth()), o.outputs()));
  ARENITE_CHECK(activation_is_fusable(o.activation()), kBadOption);
  ARENITE_TRY(check_multipliers(o.input, o.filter, o.output, 0));
  *scratch_bytes = work_bytes(o) + static_cast<uint32_t>(o.slice() * static_cast<int32_t>(sizeof(Multiplier)));
  return Status::kOk;
}

// The packed weights of a slice, unpacked block by block for the microkernel of int8.
void run_unpacked(const Operands& o, const GemmPacked& job) {
  GemmS8 gemm = {};
  gemm.rows = 1;
  gemm.depth = o.depth();
  gemm.lhs_offset = job.lhs_offset;
  const int32_t block = block_of(o);
  for (int32_t first = 0; first < job.columns; first += block) {
    gemm.columns = clamp(job.columns - first, 0, block);
    gemm.rhs = PackedBlocks{job.rhs}.channels(first, gemm.columns, 0, static_cast<int8_t*>(job.scratch));
    gemm.stage = job.stage.from_channel(first);
    gemm.lhs = job.lhs;
    gemm.out = job.out + first;
    for (int32_t row = 0; row < o.rows(); ++row, gemm.lhs += o.depth(), gemm.out += o.outputs()) isa::gemm_s8(gemm);
  }
}

void run_slice(const Operands& o, GemmPacked job) {
  for (int32_t row = 0; row < o.rows(); ++row, job.lhs += o.depth(), job.out += o.outputs()) {
    if (!isa::gemm_packed(job)) return run_unpacked(o, job);  // none, from the first row on
  }
}

Status eval(const Node& node) {
  const Operands o(node);
  uint8_t* const scratch = static_cast<uint8_t*>(node.scratch());
  Multiplier* const multipliers = reinterpret_cast<Multiplier*>(scratch + work_bytes(o));
  const ActivationRange<int32_t> range = activation_range_s8(o.activation(), o.output);
  const PackedRows rows = packed_rows(node, o.options, o.depth());
  for (int32_t first = 0; first < o.outputs(); first += kSlice) {
    const int32_t count = clamp(o.outputs() - first, 0, kSlice);
    fill_multipliers(o.input, o.filter, o.output, first, count, multipliers);
    const OutputStage stage = {o.bias.present ? o.bias.as<int32_t>() + first : nullptr,
                               multipliers,
                               o.filter.scale_count > 1 ? 1 : 0,
                               o.output.zero_point,
                               range.min,
                               range.max};
    run_slice(o, {count, rows.from_row(first), o.input.as<int8_t>(), o.output.as<int8_t>() + first, -o.input.zero_point,
                  stage, scratch});
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arenite_packed_fully_connected);
