// A .tflite file in memory, verified once and then read in place.
#pragma once

#include <cstddef>
#include <cstdint>

#include "interpreter/flatbuffer.h"
#include "interpreter/status.h"
#include "interpreter/tensor.h"
#include "schema/format.h"

namespace arenite {

// One subgraph of an opened file: the first, which is the model proper, or one that operators call.
class Model {
 public:
  Model() = default;

  // Verifies `size` bytes at `data` (a multiple of 4; 16 recommended) and makes *model read from them; they must stay
  // unchanged as long as the model is used. On failure *error says what is wrong and where.
  static Status open(const void* data, size_t size, Model* model, Error* error = nullptr);

  uint32_t subgraph_count() const { return root_.vector(format::Model::subgraphs).size(); }
  // The same file, seen at subgraph `index` < subgraph_count().
  Model subgraph(uint32_t index) const { return Model(root_, index, end_); }
  uint32_t index() const { return index_; }    // of the subgraph
  const uint8_t* end() const { return end_; }  // of the file

  uint32_t tensor_count() const { return tensors_.size(); }
  // A view with data for constants only.
  Tensor tensor(uint32_t index) const;
  uint32_t tensor_bytes(uint32_t index) const;
  bool is_constant(uint32_t index) const { return constant_data(index).size() != 0; }
  bool is_variable(uint32_t index) const;  // keeps its value from one invoke to the next
  flat::Vector tensor_name(uint32_t index) const;

  // Tensor indices of the inputs and outputs, in the file's order.
  flat::Vector inputs() const;
  flat::Vector outputs() const;

  uint32_t operator_count() const { return operators_.size(); }
  flat::Table operator_table(uint32_t node) const { return operators_.table(node); }
  uint32_t operator_code(uint32_t node) const;  // BuiltinOperator
  int32_t operator_version(uint32_t node) const;
  flat::Vector custom_code(uint32_t node) const;  // name of a custom operator

  // Contents of the metadata entry `name`, empty when there is none. Its data is a multiple of 4.
  flat::Vector metadata(const char* name) const;

 private:
  Model(flat::Table root, uint32_t subgraph, const uint8_t* end);
  flat::Table code_table(uint32_t node) const;
  flat::Vector constant_data(uint32_t index) const;

  flat::Table root_;
  flat::Table subgraph_;
  flat::Vector tensors_;
  flat::Vector operators_;
  flat::Vector buffers_;
  const uint8_t* end_ = nullptr;
  uint32_t index_ = 0;
};

}  // namespace arenite
