// BATCH_MATMUL: products of matrices, the leading axes broadcast. int8 runs on the microkernel of fully_connected,
// which wants both operands with the summed axis innermost: what lies otherwise is transposed into scratch.
#include "kernels_cpp/half.h"
#include "kernels_cpp/hybrid.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/requantization.h"
#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

namespace Options = format::BatchMatMulOptions;

// One operand: matrices [rows, depth], or [depth, rows] when they lie transposed.
struct Side {
  Tensor tensor;
  bool transposed;

  int32_t rows() const { return tensor.back(transposed ? 0 : 1); }
  int32_t depth() const { return tensor.back(transposed ? 1 : 0); }
  int32_t size() const { return rows() * depth(); }  // elements of one matrix
  int32_t row_step() const { return transposed ? 1 : depth(); }
  int32_t step() const { return transposed ? rows() : 1; }  // along a row

  // The offset of the matrix for one batch of the output, counted over its leading axes.
  int32_t offset(const Tensor& output, int32_t batch) const {
    int32_t at = 0;
    int32_t step = size();
    for (int32_t axis = 2; axis < output.rank; ++axis) {  // from the innermost batch axis
      const int32_t index = batch % output.back(axis);
      batch /= output.back(axis);
      if (tensor.back(axis) > 1) at += index * step;
      step *= tensor.back(axis);
    }
    return at;
  }
};

struct Product {
  Side left;
  Side right;  // rows() are the output's columns
  Tensor output;

  explicit Product(const Node& node)
      : left{node.input(0), node.option_i8(Options::adj_x, 0) != 0},
        right{weights_operand(node, 1), node.option_i8(Options::adj_y, 0) == 0},
        output(node.output(0)) {}

  int32_t batches() const { return output.count() / (left.rows() * right.rows()); }
};

bool batch_axes_fit(const Product& p) {
  for (int32_t axis = 2; axis < p.output.rank; ++axis) {
    const int32_t a = p.left.tensor.back(axis);
    const int32_t b = p.right.tensor.back(axis);
    if ((a != b && a != 1 && b != 1) || p.output.back(axis) != (a == 1 ? b : a)) return false;
  }
  return true;
}

Status check_shapes(const Product& p) {
  const int32_t rank = p.output.rank;
  const int32_t left = p.left.tensor.rank;
  const int32_t right = p.right.tensor.rank;
  ARENITE_CHECK(left >= 2 && right >= 2 && rank == (left > right ? left : right), kBadShape);
  ARENITE_CHECK(p.left.depth() == p.right.depth(), kBadShape);
  ARENITE_CHECK(p.output.back(1) == p.left.rows() && p.output.back(0) == p.right.rows(), kBadShape);
  ARENITE_CHECK(batch_axes_fit(p), kBadShape);
  ARENITE_CHECK(p.output.count() > 0 && p.left.depth() > 0, kBadShape);
  return Status::kOk;
}

uint32_t aligned(int32_t bytes) { return (static_cast<uint32_t>(bytes) + 15) & ~15u; }

uint32_t scratch_of(const Side& side) { return side.transposed ? aligned(side.size()) : 0; }

// What hybrid products take in front of the codes: a row of the left side that does not lie in one piece.
uint32_t row_bytes(const Side& left) {
  return left.transposed ? static_cast<uint32_t>(left.depth()) * sizeof(float) : 0;
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Product p(node);
  ARENITE_TRY(check_shapes(p));
  if (is_hybrid(p.left.tensor, p.right.tensor)) {
    *scratch_bytes = row_bytes(p.left) + codes_bytes(p.left.depth());
    return check_hybrid_weights(p.right.tensor, p.right.tensor.rank - (p.right.transposed ? 1 : 2));
  }
  ARENITE_CHECK(is_scaled(p.left.tensor) && is_scaled(p.right.tensor) && is_scaled(p.output), kBadQuantization);
  if (is_int16(p.output)) return check_multipliers_s16(p.left.tensor, p.right.tensor, p.output);
  if (p.output.type != Type::kInt8) return Status::kOk;
  *scratch_bytes = scratch_of(p.left) + scratch_of(p.right);
  return Status::kOk;
}

// The matrix with its summed axis innermost: in place, or transposed to `scratch`.
const int8_t* rows_of(const Side& side, int32_t offset, int8_t* scratch) {
  const int8_t* from = side.tensor.as<int8_t>() + offset;
  if (!side.transposed) return from;
  int8_t* to = scratch;
  for (int32_t row = 0; row < side.rows(); ++row) {
    for (int32_t k = 0; k < side.depth(); ++k) *to++ = from[k * side.rows() + row];
  }
  return scratch;
}

void eval_s8(const Node& node, const Product& p) {
  Multiplier multiplier;
  fill_multipliers(p.left.tensor, p.right.tensor, p.output, &multiplier);
  int8_t* const scratch = static_cast<int8_t*>(node.scratch());
  GemmS8 gemm = {};
  gemm.rows = p.left.rows();
  gemm.columns = p.right.rows();
  gemm.depth = p.left.depth();
  gemm.lhs_offset = -p.left.tensor.zero_point;
  gemm.rhs_offset = -p.right.tensor.zero_point;
  gemm.stage = {nullptr, &multiplier, 0, p.output.zero_point, INT8_MIN, INT8_MAX};
  int32_t right_held = -1;
  for (int32_t batch = 0; batch < p.batches(); ++batch) {
    const int32_t right = p.right.offset(p.output, batch);
    gemm.lhs = rows_of(p.left, p.left.offset(p.output, batch), scratch);
    if (right != right_held) gemm.rhs = rows_of(p.right, right, scratch + scratch_of(p.left));
    right_held = right;
    gemm.out = p.output.as<int8_t>() + batch * gemm.rows * gemm.columns;
    isa::gemm_s8(gemm);
  }
}

// out = finish(sum of products in Acc) for every element. Right: of the right side's elements.
template <typename T, typename Right, typename Acc, typename Finish>
void eval_plain(const Product& p, Finish finish) {
  const int32_t depth = p.left.depth();
  const int32_t left_step = p.left.step();
  const int32_t right_step = p.right.step();
  T* out = p.output.as<T>();
  for (int32_t batch = 0; batch < p.batches(); ++batch) {
    const T* lefts = p.left.tensor.as<T>() + p.left.offset(p.output, batch);
    const auto rights = WeightsFrom<Right>::at(p.right.tensor, p.right.offset(p.output, batch));
    for (int32_t i = 0; i < p.left.rows(); ++i) {
      const T* left = lefts + i * p.left.row_step();
      for (int32_t j = 0; j < p.right.rows(); ++j) {
        const auto right = rights + j * p.right.row_step();
        Acc sum = 0;
        for (int32_t k = 0; k < depth; ++k) sum += left[k * left_step] * right[k * right_step];
        *out++ = finish(sum);
      }
    }
  }
}

// A product of two int16 fits 31 bits.
void eval_s16(const Product& p) {
  Multiplier multiplier;
  fill_multipliers(p.left.tensor, p.right.tensor, p.output, &multiplier);
  eval_plain<int16_t, int16_t, int64_t>(p, [=](int64_t sum) {
    return static_cast<int16_t>(clamp(multiply_wide_by_quantized_multiplier(sum, multiplier), INT16_MIN, INT16_MAX));
  });
}

// By a variant of this processor; false: the plain loop has to do it. Sums are not clamped.
bool variant_f32(const Product& p) {
  if (p.left.transposed || p.right.transposed) return false;
  constexpr float kNoLimit = __builtin_inff();
  const int32_t size = p.left.rows() * p.right.rows();
  for (int32_t batch = 0; batch < p.batches(); ++batch) {
    const float* lhs = p.left.tensor.as<float>() + p.left.offset(p.output, batch);
    const float* rhs = p.right.tensor.as<float>() + p.right.offset(p.output, batch);
    float* out = p.output.as<float>() + batch * size;
    const bool done =
        isa::gemm_f32({p.left.rows(), p.right.rows(), p.left.depth(), lhs, rhs, out, nullptr, -kNoLimit, kNoLimit});
    if (!done) return false;
  }
  return true;
}

void eval_f32(const Product& p) {
  const auto same = [](float sum) { return sum; };
  if (is_half(p.right.tensor)) return eval_plain<float, Half, float>(p, same);
  if (!variant_f32(p)) eval_plain<float, float, float>(p, same);
}

// Row i of a matrix, in one piece.
const float* gathered(const Side& left, const float* matrix, int32_t i, float* scratch) {
  if (!left.transposed) return matrix + i * left.depth();
  for (int32_t k = 0; k < left.depth(); ++k) scratch[k] = matrix[k * left.rows() + i];
  return scratch;
}

// One row of the result: codes of scale `scale` times every column. Sums wrap.
void hybrid_row(const Side& right, const int8_t* matrix, const int16_t* codes, float scale, float* out) {
  const int32_t step = right.step();
  for (int32_t j = 0; j < right.rows(); ++j) {
    const int8_t* const column = matrix + j * right.row_step();
    uint32_t sum = 0;
    for (int32_t k = 0; k < right.depth(); ++k) sum += static_cast<uint32_t>(codes[k] * column[k * step]);
    out[j] = static_cast<float>(static_cast<int32_t>(sum)) * (scale * weight_scale(right.tensor, j));
  }
}

// Each row of the left side has a scale of its own.
void eval_hybrid(const Node& node, const Product& p) {
  const bool asymmetric = node.option_i8(Options::asymmetric_quantize_inputs, 0) != 0;
  uint8_t* const scratch = static_cast<uint8_t*>(node.scratch());
  float* const row = reinterpret_cast<float*>(scratch);
  int16_t* const codes = reinterpret_cast<int16_t*>(scratch + row_bytes(p.left));
  float* out = p.output.as<float>();
  for (int32_t batch = 0; batch < p.batches(); ++batch) {
    const float* const left = p.left.tensor.as<float>() + p.left.offset(p.output, batch);
    const int8_t* const right = p.right.tensor.as<int8_t>() + p.right.offset(p.output, batch);
    for (int32_t i = 0; i < p.left.rows(); ++i, out += p.right.rows()) {
      const float* const x = gathered(p.left, left, i, row);
      const float scale = quantize_dynamic(x, p.left.depth(), asymmetric, codes);
      hybrid_row(p.right, right, codes, scale, out);
    }
  }
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Product p(node);
  if (is_hybrid(p.left.tensor, p.right.tensor)) {
    eval_hybrid(node, p);
  } else if (is_float(p.output)) {
    eval_f32(p);
  } else if (is_int16(p.output)) {
    eval_s16(p);
  } else {
    eval_s8(node, p);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_READING_HALF(batch_matmul, 1 << 1);
