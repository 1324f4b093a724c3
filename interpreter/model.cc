#include "interpreter/model.h"

#include "interpreter/verify.h"
#include "schema/format.h"

namespace arenite {

using flat::Table;
using flat::Vector;

namespace {

namespace QuantizationParameters = format::QuantizationParameters;

// Not inline: its ways out would be copied.
[[gnu::noinline]] Status verify(const void* data, size_t size, Error* where) {
  ARENITE_CHECK(reinterpret_cast<uintptr_t>(data) % 4 == 0, kMisaligned);
  ARENITE_CHECK(size < (size_t{1} << 31), kLimitExceeded);
  const uint8_t* base = static_cast<const uint8_t*>(data);
  ARENITE_TRY(check_structure(base, static_cast<uint32_t>(size), where));
  where->detail = kNoDetail;
  return check_content(Table(base + flat::load<uint32_t>(base)), where);
}

}  // namespace

Status Model::open(const void* data, size_t size, Model* model, Error* error) {
  Error where;
  where.status = verify(data, size, &where);
  if (error != nullptr) *error = where;
  if (where.status != Status::kOk) return where.status;
  const uint8_t* base = static_cast<const uint8_t*>(data);
  *model = Model(Table(base + flat::load<uint32_t>(base)), 0, base + size);
  return Status::kOk;
}

Model::Model(Table root, uint32_t subgraph, const uint8_t* end)
    : root_(root),
      subgraph_(root.vector(format::Model::subgraphs).table(subgraph)),
      tensors_(subgraph_.vector(format::SubGraph::tensors)),
      operators_(subgraph_.vector(format::SubGraph::operators)),
      buffers_(root.vector(format::Model::buffers)),
      end_(end),
      index_(subgraph) {}

// Every member is named once: default values first would be a memset per operand of every operator. What is looked up
// is looked up where it is stored, because the stack is deepest here.
Tensor Model::tensor(uint32_t index) const {
  const Vector data = constant_data(index);
  const bool constant = data.size() != 0;
  const Table table = tensors_.table(index);
  Table quantization;
  Vector found;
  return Tensor{
      constant ? const_cast<uint8_t*>(data.data()) : nullptr,
      reinterpret_cast<const int32_t*>((found = table.vector(format::Tensor::shape)).data()),
      static_cast<int32_t>(found.size()),
      reinterpret_cast<const float*>(
          (found = (quantization = table.table(format::Tensor::quantization)).vector(QuantizationParameters::scale))
              .data()),
      static_cast<int32_t>(found.size()),
      found.size() != 0 ? quantization.vector(QuantizationParameters::zero_point).i32(0) : 0,
      quantization.i32(QuantizationParameters::quantized_dimension),
      static_cast<Type>(table.u8(format::Tensor::type)),
      true,
      constant,
  };
}

uint32_t Model::tensor_bytes(uint32_t index) const {
  const Tensor view = tensor(index);
  return stored_bytes(view.type, static_cast<uint32_t>(view.count()));
}

bool Model::is_variable(uint32_t index) const { return tensors_.table(index).u8(format::Tensor::is_variable) != 0; }

Vector Model::tensor_name(uint32_t index) const { return tensors_.table(index).vector(format::Tensor::name); }

Vector Model::inputs() const { return subgraph_.vector(format::SubGraph::inputs); }

Vector Model::outputs() const { return subgraph_.vector(format::SubGraph::outputs); }

Vector Model::constant_data(uint32_t index) const {
  const int32_t buffer = tensors_.table(index).i32(format::Tensor::buffer);
  return buffers_.table(static_cast<uint32_t>(buffer)).vector(format::Buffer::data);
}

Table Model::code_table(uint32_t node) const {
  const int32_t index = operator_table(node).i32(format::Operator::opcode_index);
  return root_.vector(format::Model::operator_codes).table(static_cast<uint32_t>(index));
}

// Codes above 127 stand in the newer field only; below, old files have only the older one.
uint32_t Model::operator_code(uint32_t node) const {
  const Table code = code_table(node);
  const uint32_t older = code.u8(format::OperatorCode::deprecated_builtin_code);
  const uint32_t newer = static_cast<uint32_t>(code.i32(format::OperatorCode::builtin_code));
  return newer > older ? newer : older;
}

int32_t Model::operator_version(uint32_t node) const {
  const Table code = code_table(node);
  return code.has(format::OperatorCode::version) ? code.i32(format::OperatorCode::version) : 1;
}

Vector Model::custom_code(uint32_t node) const { return code_table(node).vector(format::OperatorCode::custom_code); }

Vector Model::metadata(const char* name) const {
  const Vector entries = root_.vector(format::Model::metadata);
  for (uint32_t i = 0; i < entries.size(); ++i) {
    if (!entries.table(i).vector(format::Metadata::name).equals(name)) continue;
    const uint32_t buffer = static_cast<uint32_t>(entries.table(i).i32(format::Metadata::buffer));
    return buffers_.table(buffer).vector(format::Buffer::data);
  }
  return Vector();
}

}  // namespace arenite
