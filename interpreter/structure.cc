// Bounds and alignment of the flatbuffer, driven by a description of the tables that the runtime reads.
#include "interpreter/flatbuffer.h"
#include "interpreter/verify.h"
#include "schema/format.h"

namespace arenite {
namespace {

enum TableId : uint8_t {
  kModel,
  kOperatorCode,
  kSubGraph,
  kTensor,
  kQuantization,
  kOperator,
  kBuffer,
  kMetadata,
  kOpaque
};

// What a field holds, one byte: kind in the upper half; below it a TableId, or log2 of a vector's element size.
enum Kind : uint8_t {
  kUnread = 0x00,
  kByte = 0x10,
  kWord = 0x20,
  kVector = 0x30,
  kOneTable = 0x40,
  kTables = 0x50,
};

constexpr uint8_t table(TableId id) { return static_cast<uint8_t>(uint8_t{kOneTable} | uint8_t{id}); }
constexpr uint8_t tables(TableId id) { return static_cast<uint8_t>(uint8_t{kTables} | uint8_t{id}); }
constexpr uint8_t kBytes = kVector | 0, kWords = kVector | 2, kLongs = kVector | 3;

constexpr uint32_t kFields = 11;  // the highest field id that is read, plus 1

struct Layout {
  uint8_t fields[kFields] = {};
};

struct Field {
  uint32_t id;
  uint8_t kind;
};

template <uint32_t N>
constexpr Layout layout(const Field (&fields)[N]) {
  Layout result;
  for (const Field& field : fields) result.fields[field.id] = field.kind;
  return result;
}

namespace f = format;

// In the order of TableId. Tables never refer back to one that stands before them: recursion is at most four deep.
constexpr Layout kLayouts[] = {
    layout({{f::Model::version, kWord},
            {f::Model::operator_codes, tables(kOperatorCode)},
            {f::Model::subgraphs, tables(kSubGraph)},
            {f::Model::buffers, tables(kBuffer)},
            {f::Model::metadata, tables(kMetadata)}}),
    layout({{f::OperatorCode::deprecated_builtin_code, kByte},
            {f::OperatorCode::custom_code, kBytes},
            {f::OperatorCode::version, kWord},
            {f::OperatorCode::builtin_code, kWord}}),
    layout({{f::SubGraph::tensors, tables(kTensor)},
            {f::SubGraph::inputs, kWords},
            {f::SubGraph::outputs, kWords},
            {f::SubGraph::operators, tables(kOperator)}}),
    layout({{f::Tensor::shape, kWords},
            {f::Tensor::type, kByte},
            {f::Tensor::buffer, kWord},
            {f::Tensor::name, kBytes},
            {f::Tensor::quantization, table(kQuantization)},
            {f::Tensor::is_variable, kByte}}),
    layout({{f::QuantizationParameters::scale, kWords},
            {f::QuantizationParameters::zero_point, kLongs},
            {f::QuantizationParameters::quantized_dimension, kWord}}),
    layout({{f::Operator::opcode_index, kWord},
            {f::Operator::inputs, kWords},
            {f::Operator::outputs, kWords},
            {f::Operator::builtin_options_type, kByte},
            {f::Operator::builtin_options, table(kOpaque)},
            {f::Operator::custom_options, kBytes},
            {f::Operator::mutating_variable_inputs, kBytes}}),
    layout({{f::Buffer::data, kBytes}}),
    layout({{f::Metadata::name, kBytes}, {f::Metadata::buffer, kWord}}),
    Layout{},
};

class Structure {
 public:
  // Each reference to a table is a word of the file of its own unless tables that hold references are shared, which
  // no writer does: the budget bounds the work by the size of the file.
  Structure(const uint8_t* base, uint32_t size, Error* where)
      : base_(base), size_(size), budget_(size / 4), where_(where) {}

  Status check_table(uint32_t at, uint32_t id);
  // *target = position that the offset at `at` refers to.
  Status follow(uint32_t at, uint32_t* target) const;

 private:
  Status check_reference(uint32_t at, uint32_t kind);
  Status check_vector(uint32_t at, uint32_t log2_size) const;
  Status check_tables(uint32_t at, uint32_t id);
  template <typename T>
  T load(uint32_t at) const {
    return flat::load<T>(base_ + at);
  }

  const uint8_t* base_;
  uint32_t size_;
  uint32_t budget_;
  Error* where_;
};

Status Structure::check_table(uint32_t at, uint32_t id) {
  where_->detail = at;
  ARENITE_CHECK(budget_-- != 0, kLimitExceeded);
  ARENITE_CHECK(at % 4 == 0, kMisaligned);
  ARENITE_CHECK(at <= size_ - 4, kTruncated);
  const uint32_t vtable = at - load<uint32_t>(at);
  ARENITE_CHECK(vtable % 2 == 0, kMisaligned);
  ARENITE_CHECK(vtable <= size_ - 4, kTruncated);
  const uint32_t vtable_size = load<uint16_t>(vtable);
  const uint32_t table_size = load<uint16_t>(vtable + 2);
  ARENITE_CHECK(vtable_size >= 4 && vtable_size % 2 == 0 && table_size >= 4, kBadStructure);
  ARENITE_CHECK(vtable_size <= size_ - vtable && table_size <= size_ - at, kTruncated);
  const uint8_t* kind = kLayouts[id].fields;
  uint32_t fields = (vtable_size - 4) / 2;
  if (fields > kFields) fields = kFields;
  for (const uint8_t* entry = base_ + vtable + 4; fields != 0; --fields, ++kind, entry += 2) {
    const uint32_t offset = flat::load<uint16_t>(entry);
    if (offset == 0 || *kind == kUnread) continue;
    const uint32_t width = *kind == kByte ? 1 : 4;
    ARENITE_CHECK(offset >= 4 && offset + width <= table_size, kBadStructure);
    ARENITE_CHECK(offset % width == 0, kMisaligned);
    if (*kind < kVector) continue;
    ARENITE_TRY(check_reference(at + offset, *kind));
    where_->detail = at;
  }
  return Status::kOk;
}

Status Structure::check_reference(uint32_t at, uint32_t kind) {
  ARENITE_TRY(follow(at, &at));
  const uint32_t lower = kind & 0x0F;
  switch (kind & 0xF0) {
    case kVector:
      return check_vector(at, lower);
    case kOneTable:
      return check_table(at, lower);
    default:
      return check_tables(at, lower);
  }
}

Status Structure::follow(uint32_t at, uint32_t* target) const {
  const uint32_t distance = load<uint32_t>(at);
  ARENITE_CHECK(distance < size_ - at, kTruncated);
  *target = at + distance;
  return Status::kOk;
}

Status Structure::check_vector(uint32_t at, uint32_t log2_size) const {
  ARENITE_CHECK(at % 4 == 0, kMisaligned);
  ARENITE_CHECK(at <= size_ - 4, kTruncated);
  ARENITE_CHECK(load<uint32_t>(at) <= (size_ - 4 - at) >> log2_size, kTruncated);
  return Status::kOk;
}

Status Structure::check_tables(uint32_t at, uint32_t id) {
  ARENITE_TRY(check_vector(at, 2));
  const uint32_t end = at + 4 + 4 * load<uint32_t>(at);
  for (at += 4; at < end; at += 4) {
    uint32_t target;
    ARENITE_TRY(follow(at, &target));
    ARENITE_TRY(check_table(target, id));
  }
  return Status::kOk;
}

}  // namespace

Status check_structure(const uint8_t* base, uint32_t size, Error* where) {
  ARENITE_CHECK(size >= 8, kTruncated);
  constexpr uint32_t kIdentifier = 0x334C4654;  // "TFL3"
  ARENITE_CHECK(flat::load<uint32_t>(base + 4) == kIdentifier, kBadIdentifier);
  Structure structure(base, size, where);
  uint32_t root;
  ARENITE_TRY(structure.follow(0, &root));
  return structure.check_table(root, kModel);
}

}  // namespace arenite
