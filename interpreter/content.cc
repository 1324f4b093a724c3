// What the tables say: indices, shapes, lengths of constants, quantization. check_structure() has run before.
#include "interpreter/flatbuffer.h"
#include "interpreter/tensor.h"
#include "interpreter/verify.h"
#include "schema/format.h"

namespace arenite {
namespace {

using flat::Table;
using flat::Vector;

constexpr uint32_t kMaxOperands = 1024;

// All elements are indices below `count`, or -1 where `lowest` allows it.
Status check_indices(Vector indices, int32_t lowest, uint32_t count) {
  ARENITE_CHECK(indices.size() <= kMaxOperands, kLimitExceeded);
  for (uint32_t i = 0; i < indices.size(); ++i) {
    const int32_t index = indices.i32(i);
    ARENITE_CHECK(index >= lowest && index < static_cast<int32_t>(count), kBadIndex);
  }
  return Status::kOk;
}

// *count = the product of the dimensions. Times the element size it is below 2^31, also when dimensions of 0 count as
// 1: so every stride is.
Status check_shape(Vector shape, uint32_t element_size, uint32_t* count) {
  ARENITE_CHECK(shape.size() <= static_cast<uint32_t>(kMaxRank), kBadShape);
  uint32_t product = 1;
  bool empty = false;
  for (uint32_t i = 0; i < shape.size(); ++i) {
    const int32_t dim = shape.i32(i);
    ARENITE_CHECK(dim >= 0, kBadShape);
    empty = empty || dim == 0;
    const uint64_t next = static_cast<uint64_t>(product) * static_cast<uint32_t>(dim == 0 ? 1 : dim);
    ARENITE_CHECK(next * element_size < (uint64_t{1} << 31), kBadShape);
    product = static_cast<uint32_t>(next);
  }
  *count = empty ? 0 : product;
  return Status::kOk;
}

// Of 8 bytes a constant needs the alignment of words; check_signatures says for which operands that is enough.
constexpr uint32_t alignment(Type type) { return type_size(type) < 4 ? type_size(type) : 4; }

// A constant has the length that its shape asks for and may be read in place. `bytes` of the tensor. Weights are int4
// and float16, activations never.
Status check_constant(Table tensor, Table buffer, uint32_t bytes, Type type) {
  const Vector data = buffer.vector(format::Buffer::data);
  if (data.size() == 0) {
    // Data outside of the flatbuffer cannot be found in flash by its position in a file.
    ARENITE_CHECK(!buffer.has(format::Buffer::offset), kBadBuffer);
    ARENITE_CHECK((type != Type::kInt4 && type != Type::kFloat16) || bytes == 0, kBadType);
    return Status::kOk;
  }
  ARENITE_CHECK(data.size() == bytes && !tensor.has(format::Tensor::sparsity), kBadBuffer);
  ARENITE_CHECK(tensor.u8(format::Tensor::is_variable) == 0, kBadBuffer);
  ARENITE_CHECK((reinterpret_cast<uintptr_t>(data.data()) & (alignment(type) - 1)) == 0, kBadBuffer);
  return Status::kOk;
}

// Most of the work of opening a file is in these two: a model has thousands of channels.

bool all_scales(Vector scales) {
  const uint8_t* at = scales.data();
  for (uint32_t n = scales.size(); n != 0; --n, at += 4) {
    if (!is_scale(flat::load<uint32_t>(at))) return false;
  }
  return true;
}

// Whether all int64 are 0.
bool all_zero(Vector numbers) {
  uint32_t together = 0;
  const uint8_t* at = numbers.data();
  for (uint32_t n = numbers.size(); n != 0; --n, at += 8) {
    together |= flat::load<uint32_t>(at) | flat::load<uint32_t>(at + 4);
  }
  return together == 0;
}

Status check_scales(Vector scales, Vector shape, int32_t axis) {
  if (scales.size() > 1) {
    ARENITE_CHECK(axis >= 0 && axis < static_cast<int32_t>(shape.size()), kBadQuantization);
    ARENITE_CHECK(shape.i32(static_cast<uint32_t>(axis)) == static_cast<int32_t>(scales.size()), kBadQuantization);
  }
  return all_scales(scales) ? Status::kOk : Status::kBadQuantization;
}

// Of the values that a zero point may have; types that are not quantized have none.
int32_t zero_point_bits(Type type) {
  if (type == Type::kInt4) return 4;
  if (type == Type::kFloat16) return 0;
  return type_size(type) <= 2 ? static_cast<int32_t>(8 * type_size(type)) : 0;
}

// int64 zero points: 0 per channel; per tensor a value of the tensor's type.
Status check_zero_points(Vector zero_points, uint32_t scale_count, Type type) {
  const uint32_t count = zero_points.size();
  ARENITE_CHECK(count == 1 || count == scale_count, kBadQuantization);
  if (scale_count != 1) return all_zero(zero_points) ? Status::kOk : Status::kBadQuantization;
  const int32_t span = (1 << zero_point_bits(type)) - 1;
  const int32_t low = type == Type::kUInt8 ? 0 : -((span + 1) / 2);
  const int32_t value = zero_points.i32(0);
  ARENITE_CHECK(zero_points.i32(1) == value >> 31, kBadQuantization);
  ARENITE_CHECK(value >= low && value <= low + span, kBadQuantization);
  return Status::kOk;
}

Status check_quantization(Table tensor, Vector shape, Type type) {
  const Table quantization = tensor.table(format::Tensor::quantization);
  const Vector scales = quantization.vector(format::QuantizationParameters::scale);
  if (scales.size() == 0) return Status::kOk;
  ARENITE_TRY(check_scales(scales, shape, quantization.i32(format::QuantizationParameters::quantized_dimension)));
  return check_zero_points(quantization.vector(format::QuantizationParameters::zero_point), scales.size(), type);
}

Status check_tensor(Table tensor, Vector buffers) {
  const Type type = static_cast<Type>(tensor.u8(format::Tensor::type));
  const uint32_t element_size = type_size(type);
  ARENITE_CHECK(element_size != 0 || type == Type::kResource, kBadType);
  const Vector shape = tensor.vector(format::Tensor::shape);
  uint32_t count;
  ARENITE_TRY(check_shape(shape, element_size, &count));
  const uint32_t buffer = static_cast<uint32_t>(tensor.i32(format::Tensor::buffer));
  ARENITE_CHECK(buffer < buffers.size(), kBadIndex);
  ARENITE_CHECK(!tensor.has(format::Tensor::external_buffer), kBadBuffer);
  ARENITE_TRY(check_constant(tensor, buffers.table(buffer), stored_bytes(type, count), type));
  return check_quantization(tensor, shape, type);
}

Status check_operators(Vector operators, uint32_t code_count, uint32_t tensor_count, Error* where) {
  ARENITE_CHECK(operators.size() < kNoNode, kLimitExceeded);
  for (uint32_t i = 0; i < operators.size(); ++i) {
    where->node = static_cast<uint16_t>(i);
    const Table op = operators.table(i);
    ARENITE_CHECK(static_cast<uint32_t>(op.i32(format::Operator::opcode_index)) < code_count, kBadIndex);
    ARENITE_TRY(check_indices(op.vector(format::Operator::inputs), -1, tensor_count));
    ARENITE_TRY(check_indices(op.vector(format::Operator::outputs), 0, tensor_count));
  }
  where->node = kNoNode;
  return Status::kOk;
}

Status check_subgraph(Table subgraph, Table model, Error* where) {
  const Vector tensors = subgraph.vector(format::SubGraph::tensors);
  const Vector buffers = model.vector(format::Model::buffers);
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    where->detail = i;
    ARENITE_TRY(check_tensor(tensors.table(i), buffers));
  }
  where->detail = kNoDetail;
  ARENITE_TRY(check_indices(subgraph.vector(format::SubGraph::inputs), 0, tensors.size()));
  ARENITE_TRY(check_indices(subgraph.vector(format::SubGraph::outputs), 0, tensors.size()));
  const uint32_t code_count = model.vector(format::Model::operator_codes).size();
  return check_operators(subgraph.vector(format::SubGraph::operators), code_count, tensors.size(), where);
}

Status check_metadata(Table model) {
  const Vector metadata = model.vector(format::Model::metadata);
  const uint32_t buffer_count = model.vector(format::Model::buffers).size();
  for (uint32_t i = 0; i < metadata.size(); ++i) {
    const uint32_t buffer = static_cast<uint32_t>(metadata.table(i).i32(format::Metadata::buffer));
    ARENITE_CHECK(buffer < buffer_count, kBadIndex);
  }
  return Status::kOk;
}

}  // namespace

Status check_content(Table model, Error* where) {
  ARENITE_CHECK(model.i32(format::Model::version) == 3, kBadVersion);
  const Vector subgraphs = model.vector(format::Model::subgraphs);
  ARENITE_CHECK(subgraphs.size() >= 1, kBadStructure);
  ARENITE_CHECK(subgraphs.size() <= 255, kLimitExceeded);
  for (uint32_t i = 0; i < subgraphs.size(); ++i) {
    where->subgraph = static_cast<uint8_t>(i);
    ARENITE_TRY(check_subgraph(subgraphs.table(i), model, where));
  }
  where->subgraph = 0;
  return check_metadata(model);
}

}  // namespace arenite
