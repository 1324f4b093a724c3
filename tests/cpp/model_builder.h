// Builds small .tflite files for the tests: valid ones, and ones that are wrong in one chosen place.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "schema/format.h"

namespace test {

// A flatbuffer as a tree; write() lays it out front to back.
struct Value {
  enum Kind { kScalar, kTable, kVector } kind = kScalar;
  std::vector<uint8_t> bytes;        // scalar, or the elements of a vector of scalars
  uint32_t count = 0;                // elements of a vector
  std::map<uint32_t, Value> fields;  // of a table
  std::vector<Value> children;       // of a vector of tables
  bool of_tables = false;
};

template <typename T>
Value scalar(T value) {
  Value result;
  result.bytes.resize(sizeof(T));
  std::memcpy(result.bytes.data(), &value, sizeof(T));
  return result;
}

template <typename T>
Value vector(const std::vector<T>& values) {
  Value result;
  result.kind = Value::kVector;
  result.count = static_cast<uint32_t>(values.size());
  result.bytes.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(result.bytes.data(), values.data(), result.bytes.size());
  return result;
}

inline Value text(const std::string& value) { return vector(std::vector<char>(value.begin(), value.end())); }

inline Value table(std::map<uint32_t, Value> fields) {
  Value result;
  result.kind = Value::kTable;
  result.fields = std::move(fields);
  return result;
}

inline Value tables(std::vector<Value> children) {
  Value result;
  result.kind = Value::kVector;
  result.of_tables = true;
  result.count = static_cast<uint32_t>(children.size());
  result.children = std::move(children);
  return result;
}

class Writer {
 public:
  std::vector<uint8_t> write(const Value& root) {
    out_ = {0, 0, 0, 0, 'T', 'F', 'L', '3'};
    refer(0, root);
    for (; !pending_.empty(); pending_.pop_front()) {
      const auto [slot, value] = pending_.front();
      const size_t at = value->kind == Value::kTable ? write_table(*value) : write_vector(*value);
      put(slot, static_cast<uint32_t>(at - slot));
    }
    align(16, 0);
    return out_;
  }

 private:
  void refer(size_t slot, const Value& value) { pending_.emplace_back(slot, &value); }

  template <typename T>
  void put(size_t at, T value) {
    std::memcpy(&out_[at], &value, sizeof(T));
  }

  // Pads until (size + ahead) is a multiple of `alignment`.
  void align(size_t alignment, size_t ahead) {
    while ((out_.size() + ahead) % alignment != 0) out_.push_back(0);
  }

  size_t write_table(const Value& value) {
    const size_t slots = value.fields.empty() ? 0 : value.fields.rbegin()->first + 1;
    align(4, 4 + 2 * slots);
    const size_t vtable = out_.size();
    out_.resize(vtable + 4 + 2 * slots + 4);
    const size_t at = out_.size() - 4;
    put(at, static_cast<int32_t>(at - vtable));
    for (const auto& [id, field] : value.fields) {
      align(field.kind == Value::kScalar ? field.bytes.size() : 4, 0);
      put(vtable + 4 + 2 * id, static_cast<uint16_t>(out_.size() - at));
      if (field.kind == Value::kScalar) {
        out_.insert(out_.end(), field.bytes.begin(), field.bytes.end());
      } else {
        refer(out_.size(), field);
        out_.resize(out_.size() + 4);
      }
    }
    put(vtable, static_cast<uint16_t>(4 + 2 * slots));
    put(vtable + 2, static_cast<uint16_t>(out_.size() - at));
    return at;
  }

  size_t write_vector(const Value& value) {
    align(16, 4);
    const size_t at = out_.size();
    out_.resize(at + 4);
    put(at, value.count);
    out_.insert(out_.end(), value.bytes.begin(), value.bytes.end());
    for (const Value& child : value.children) {
      refer(out_.size(), child);
      out_.resize(out_.size() + 4);
    }
    return at;
  }

  std::vector<uint8_t> out_;
  std::deque<std::pair<size_t, const Value*>> pending_;
};

struct TensorSpec {
  std::vector<int32_t> dims;
  int32_t type = arenite::format::TensorType::INT8;
  std::vector<uint8_t> data = {};  // empty: not a constant
  std::vector<float> scales = {};
  std::vector<int64_t> zero_points = {};
  int32_t axis = 0;
  bool variable = false;
  std::map<uint32_t, Value> more = {};  // further fields of the table
};

struct OperatorSpec {
  int32_t code;
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;
  int32_t options_type = 0;
  std::map<uint32_t, Value> options = {};
  int32_t version = 1;
  std::string custom_code = {};
  std::vector<uint8_t> custom_options = {};
};

// One subgraph; every tensor has a buffer of its own, in the same order, after the empty buffer 0.
struct ModelSpec {
  std::vector<TensorSpec> tensors;
  std::vector<OperatorSpec> operators;
  std::vector<int32_t> inputs;
  std::vector<int32_t> outputs;
  int32_t version = 3;
  std::map<std::string, std::vector<int32_t>> metadata = {};
  std::vector<uint8_t> build() const;
};

namespace detail {

namespace f = arenite::format;

inline Value tensor_table(const TensorSpec& spec, int32_t buffer) {
  std::map<uint32_t, Value> fields = spec.more;
  fields.emplace(f::Tensor::shape, vector(spec.dims));
  fields.emplace(f::Tensor::type, scalar(static_cast<int8_t>(spec.type)));
  fields.emplace(f::Tensor::buffer, scalar(buffer));
  fields.emplace(f::Tensor::is_variable, scalar(static_cast<uint8_t>(spec.variable)));
  fields.emplace(f::Tensor::name, text("t" + std::to_string(buffer - 1)));
  if (!spec.scales.empty()) {
    fields.emplace(f::Tensor::quantization,
                   table({{f::QuantizationParameters::scale, vector(spec.scales)},
                          {f::QuantizationParameters::zero_point, vector(spec.zero_points)},
                          {f::QuantizationParameters::quantized_dimension, scalar(spec.axis)}}));
  }
  return table(fields);
}

inline Value operator_table(const OperatorSpec& spec, int32_t index) {
  return table({{f::Operator::opcode_index, scalar(index)},
                {f::Operator::inputs, vector(spec.inputs)},
                {f::Operator::outputs, vector(spec.outputs)},
                {f::Operator::builtin_options_type, scalar(static_cast<uint8_t>(spec.options_type))},
                {f::Operator::builtin_options, table(spec.options)},
                {f::Operator::custom_options, vector(spec.custom_options)}});
}

}  // namespace detail

inline std::vector<uint8_t> ModelSpec::build() const {
  namespace f = arenite::format;
  std::vector<Value> codes, operator_tables, tensor_tables, entries, buffers = {table({})};
  for (const TensorSpec& spec : tensors) {
    tensor_tables.push_back(detail::tensor_table(spec, static_cast<int32_t>(buffers.size())));
    buffers.push_back(spec.data.empty() ? table({}) : table({{f::Buffer::data, vector(spec.data)}}));
  }
  for (const OperatorSpec& spec : operators) {
    operator_tables.push_back(detail::operator_table(spec, static_cast<int32_t>(codes.size())));
    codes.push_back(table({{f::OperatorCode::builtin_code, scalar(spec.code)},
                           {f::OperatorCode::custom_code, text(spec.custom_code)},
                           {f::OperatorCode::version, scalar(spec.version)}}));
  }
  for (const auto& [name, words] : metadata) {
    entries.push_back(
        table({{f::Metadata::name, text(name)}, {f::Metadata::buffer, scalar(static_cast<uint32_t>(buffers.size()))}}));
    Value data = vector(words);
    data.count *= 4;
    buffers.push_back(table({{f::Buffer::data, data}}));
  }
  const Value subgraph = table({{f::SubGraph::tensors, tables(tensor_tables)},
                                {f::SubGraph::inputs, vector(inputs)},
                                {f::SubGraph::outputs, vector(outputs)},
                                {f::SubGraph::operators, tables(operator_tables)}});
  return Writer().write(table({{f::Model::version, scalar(version)},
                               {f::Model::operator_codes, tables(codes)},
                               {f::Model::subgraphs, tables({subgraph})},
                               {f::Model::buffers, tables(buffers)},
                               {f::Model::metadata, tables(entries)}}));
}

// Bytes with the alignment of a model or an arena.
class Aligned {
 public:
  explicit Aligned(size_t size) : words_(size / 16 + 1), size_(size) {}
  explicit Aligned(const std::vector<uint8_t>& bytes) : Aligned(bytes.size()) {
    if (!bytes.empty()) std::memcpy(data(), bytes.data(), bytes.size());
  }
  uint8_t* data() { return words_[0].bytes; }
  size_t size() const { return size_; }

 private:
  struct alignas(16) Word {
    uint8_t bytes[16] = {};
  };
  std::vector<Word> words_;
  size_t size_;
};

}  // namespace test
