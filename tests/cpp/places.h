// Damage that knows the format: of a file whose structure is sound, it changes single fields, elements of vectors,
// lengths and references, so that most of the changed files still pass the checks of the structure and reach those
// behind it.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "interpreter/flatbuffer.h"
#include "interpreter/status.h"
#include "interpreter/verify.h"
#include "schema/format.h"

namespace trial {

namespace f = arenite::format;
using arenite::flat::Table;
using arenite::flat::Vector;

// A value in the file. Those of one kind can stand for each other.
enum class Kind : uint8_t { kScalar, kElement, kLength, kData, kShape, kOperands, kQuantization, kOptions };

struct Place {
  uint32_t at;
  uint32_t width;  // bytes
  Kind kind;
};

inline bool is_reference(const Place& place) { return place.kind >= Kind::kShape; }

class Places {
 public:
  // `file` has passed check_structure().
  explicit Places(const std::vector<uint8_t>& file) : base_(file.data()), size_(file.size()) {
    const Table model(base_ + arenite::flat::load<uint32_t>(base_));
    codes(model.vector(f::Model::operator_codes));
    const Vector subgraphs = model.vector(f::Model::subgraphs);
    for (uint32_t i = 0; i < subgraphs.size(); ++i) subgraph(subgraphs.table(i));
    const Vector buffers = model.vector(f::Model::buffers);
    for (uint32_t i = 0; i < buffers.size(); ++i) vector(buffers.table(i), f::Buffer::data, 4, Kind::kData);
  }
  const std::vector<Place>& all() const { return places_; }

 private:
  static constexpr uint32_t kMostElements = 64;  // of one vector

  // What the file leaves out lies elsewhere.
  void add(const uint8_t* at, uint32_t width, Kind kind) {
    const uintptr_t offset = reinterpret_cast<uintptr_t>(at) - reinterpret_cast<uintptr_t>(base_);
    if (offset < size_ && width <= size_ - offset) places_.push_back({static_cast<uint32_t>(offset), width, kind});
  }
  void scalar(Table table, uint32_t id, uint32_t width) { add(table.field(id), width, Kind::kScalar); }
  void reference(Table table, uint32_t id, Kind kind) { add(table.field(id), 4, kind); }
  void vector(Table table, uint32_t id, uint32_t width, Kind kind = Kind::kElement) {
    const Vector elements = table.vector(id);
    add(elements.data() - 4, 4, Kind::kLength);
    const uint32_t count = kind == Kind::kData ? elements.size() / width : elements.size();
    for (uint32_t i = 0; i < count && i < kMostElements; ++i) add(elements.data() + i * width, width, kind);
  }
  void codes(Vector codes) {
    for (uint32_t i = 0; i < codes.size(); ++i) {
      scalar(codes.table(i), f::OperatorCode::deprecated_builtin_code, 1);
      scalar(codes.table(i), f::OperatorCode::version, 4);
      scalar(codes.table(i), f::OperatorCode::builtin_code, 4);
    }
  }
  void subgraph(Table subgraph) {
    vector(subgraph, f::SubGraph::inputs, 4);
    vector(subgraph, f::SubGraph::outputs, 4);
    const Vector tensors = subgraph.vector(f::SubGraph::tensors);
    for (uint32_t i = 0; i < tensors.size(); ++i) tensor(tensors.table(i));
    const Vector operators = subgraph.vector(f::SubGraph::operators);
    for (uint32_t i = 0; i < operators.size(); ++i) one_operator(operators.table(i));
  }
  void tensor(Table tensor) {
    reference(tensor, f::Tensor::shape, Kind::kShape);
    vector(tensor, f::Tensor::shape, 4);
    scalar(tensor, f::Tensor::type, 1);
    scalar(tensor, f::Tensor::buffer, 4);
    scalar(tensor, f::Tensor::is_variable, 1);
    reference(tensor, f::Tensor::quantization, Kind::kQuantization);
    const Table quantization = tensor.table(f::Tensor::quantization);
    vector(quantization, f::QuantizationParameters::scale, 4);
    vector(quantization, f::QuantizationParameters::zero_point, 8);
    scalar(quantization, f::QuantizationParameters::quantized_dimension, 4);
  }
  void one_operator(Table op) {
    scalar(op, f::Operator::opcode_index, 4);
    for (const uint32_t id : {f::Operator::inputs, f::Operator::outputs}) {
      reference(op, id, Kind::kOperands);
      vector(op, id, 4);
    }
    scalar(op, f::Operator::builtin_options_type, 1);
    reference(op, f::Operator::builtin_options, Kind::kOptions);
    options(op.table(f::Operator::builtin_options));
    vector(op, f::Operator::custom_options, 1);
    vector(op, f::Operator::mutating_variable_inputs, 1);
  }
  // Whatever its fields are: words where they may be.
  void options(Table options) {
    for (uint32_t id = 0; id < 24; ++id) {
      const uint8_t* at = options.field(id);
      add(at, reinterpret_cast<uintptr_t>(at) % 4 == 0 ? 4 : 1, Kind::kScalar);
    }
  }

  const uint8_t* base_;
  size_t size_;
  std::vector<Place> places_;
};

inline uint64_t changed(uint64_t old, std::mt19937& random) {
  // Counts, ends of ranges; floats: infinity, the smallest, the largest, 1 and -1.
  const uint64_t kValues[] = {0,          1,
                              2,          3,
                              4,          7,
                              16,         127,
                              128,        255,
                              256,        65535,
                              65536,      0x7FFFFFFF,
                              0x80000000, 0xFFFFFFFF,
                              0x7F800000, 0x00000001,
                              0x7F7FFFFF, 0x3F800000,
                              0xBF800000, uint64_t{1} << 63};
  switch (random() % 6) {
    case 0:
      return old + 1;
    case 1:
      return old - 1;
    case 2:
      return random() % 2 == 0 ? old * 2 : old / 2;
    case 3:
      return old ^ (uint64_t{1} << random() % 64);
    case 4:
      return random();
    default:
      return kValues[random() % (sizeof kValues / sizeof *kValues)];
  }
}

// Lets one reference lead to where another one of its kind leads. References lead forward only.
inline void redirect(std::vector<uint8_t>* file, const Place& from, const Place& to) {
  uint32_t distance;
  std::memcpy(&distance, &(*file)[to.at], 4);
  distance += to.at - from.at;
  std::memcpy(&(*file)[from.at], &distance, 4);
}

// One to three changes. False, and no change, when the file's structure is not sound.
inline bool change_places(std::vector<uint8_t>* file, std::mt19937& random) {
  arenite::Error where;
  if (arenite::check_structure(file->data(), static_cast<uint32_t>(file->size()), &where) != arenite::Status::kOk)
    return false;
  const Places places(*file);
  if (places.all().empty()) return false;
  for (uint32_t n = 1 + static_cast<uint32_t>(random() % 3); n > 0; --n) {
    const Place& place = places.all()[random() % places.all().size()];
    const Place& other = places.all()[random() % places.all().size()];
    if (is_reference(place)) {
      if (other.kind == place.kind) redirect(file, place, other);
    } else if (random() % 4 == 0) {
      std::memmove(&(*file)[place.at], &(*file)[other.at], place.width < other.width ? place.width : other.width);
    } else {
      uint64_t value = 0;
      std::memcpy(&value, &(*file)[place.at], place.width);
      value = changed(value, random);
      std::memcpy(&(*file)[place.at], &value, place.width);
    }
  }
  return true;
}

}  // namespace trial
