// Options of a custom operator: a FlexBuffers map from names to numbers.
#pragma once

#include "interpreter/kernel.h"

namespace arenite {

// Reads the map in place, every access checked: whatever the bytes are, nothing outside of them is read. What is
// absent, malformed or no number reads as the fallback, as other options do (Node::option_i32).
class OptionMap {
 public:
  explicit OptionMap(const Node& node) : OptionMap(node.custom_options()) {}
  explicit OptionMap(Bytes bytes);

  // Whole numbers and truth values; clipped to the range of int32. A fraction is cut off.
  int32_t i32(const char* key, int32_t fallback) const;
  float f32(const char* key, float fallback) const;

 private:
  struct Number {
    uint8_t kind;
    uint32_t at;
  };
  bool find(const char* key, Number* number) const;
  bool key_equals(uint32_t index, const char* key) const;
  bool load(uint32_t at, uint32_t width, uint64_t* value) const;
  bool follow(uint32_t at, uint32_t width, uint32_t* target) const;
  bool open();

  Bytes bytes_;
  uint32_t width_ = 0;      // bytes of each of the map's values
  uint32_t values_ = 0;     // position of the first value; the types stand behind the last
  uint32_t count_ = 0;      // 0: no map
  uint32_t keys_ = 0;       // position of the first reference to a key
  uint32_t key_width_ = 0;  // bytes of each of these references
};

}  // namespace arenite
