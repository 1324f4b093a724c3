// The file that GetModel is given. TFLite's generated code reads it in place without checks; here only what programs
// ask for exists, and the interpreter verifies the file before it reads it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/version.h"

namespace arenite::tflm {
struct Span {
  const void* data;
  size_t size;  // bytes
};
}  // namespace arenite::tflm

namespace tflite {

// A file's first bytes, or a BoundedModel.
class Model {
 public:
  // Of the schema; 0 when the bytes are no model that this runtime can read. Prints the reason then.
  uint32_t version() const;

 protected:
  constexpr Model(uint32_t root, char kind) : root_(root), identifier_{'A', 'R', 'N', kind} {}

 private:
  friend class MicroInterpreter;
  friend const Model* GetModel(const void*);
  bool is_file() const;
  // What may be read: of a file that GetModel was given, all that lies behind its beginning.
  arenite::tflm::Span span() const;

  uint32_t root_;
  char identifier_[4];
};

// The model at `buffer`, a multiple of 4. A file does not say how long it is: as in TFLite Micro it is trusted to be
// whole. It is verified, but an offset that points behind the file's end is taken for one that points into it. Where
// the file may be damaged, use a BoundedModel.
const Model* GetModel(const void* buffer);

}  // namespace tflite

namespace arenite::tflm {

// A model whose length is known: nothing outside of it is ever read, whatever the bytes are. Stands for GetModel:
//   static const arenite::tflm::BoundedModel model(g_model, g_model_len);
//   static tflite::MicroInterpreter interpreter(&model, ...);
class BoundedModel : public tflite::Model {
 public:
  constexpr BoundedModel(const void* data, size_t size) : Model(0, 'B'), span_{data, size} {}

 private:
  friend class tflite::Model;
  Span span_;
};

}  // namespace arenite::tflm
