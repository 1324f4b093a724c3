// Reads flatbuffers in place. Nothing here checks anything: check_structure() has done so for the whole file, and what
// a file leaves out reads as absent, empty or the default. Little-endian processors only.
#pragma once

#include <cstdint>
#include <cstring>

namespace arenite::flat {

// A scalar of the file; p is a multiple of alignof(T).
template <typename T>
T load(const uint8_t* p) {
  T value;
  std::memcpy(&value, __builtin_assume_aligned(p, alignof(T)), sizeof(T));
  return value;
}

class Vector;

// A table, or none (all fields absent).
class Table {
 public:
  explicit Table(const uint8_t* at = nullptr) : at_(at) {}
  explicit operator bool() const { return at_ != nullptr; }
  const uint8_t* data() const { return at_; }

  // Address of a field's value, or null when the file leaves it out.
  const uint8_t* field(uint32_t id) const {
    if (at_ == nullptr) return nullptr;
    const uint8_t* vtable = at_ - load<int32_t>(at_);
    const uint32_t slot = 4 + 2 * id;
    if (slot >= load<uint16_t>(vtable)) return nullptr;
    const uint16_t offset = load<uint16_t>(vtable + slot);
    return offset == 0 ? nullptr : at_ + offset;
  }
  bool has(uint32_t id) const { return field(id) != nullptr; }
  // Bytes of the table itself, vtable not counted.
  uint32_t inline_size() const { return load<uint16_t>(at_ - load<int32_t>(at_) + 2); }

  int32_t i32(uint32_t id, int32_t fallback) const {
    const uint8_t* at = field(id);
    return at == nullptr ? fallback : load<int32_t>(at);
  }
  uint8_t u8(uint32_t id) const {
    const uint8_t* at = field(id);
    return at == nullptr ? 0 : *at;
  }
  Table table(uint32_t id) const { return Table(target(id)); }
  Vector vector(uint32_t id) const;

 private:
  const uint8_t* target(uint32_t id) const {
    const uint8_t* at = field(id);
    return at == nullptr ? nullptr : at + load<uint32_t>(at);
  }
  const uint8_t* at_;
};

// A vector or a string; an absent one is empty.
class Vector {
 public:
  explicit Vector(const uint8_t* at = nullptr) : at_(at) {}
  uint32_t size() const { return at_ == nullptr ? 0 : load<uint32_t>(at_); }
  // The first element; a multiple of 4. Null when absent.
  const uint8_t* data() const { return at_ == nullptr ? nullptr : at_ + 4; }
  int32_t i32(uint32_t i) const { return load<int32_t>(at_ + 4 + 4 * i); }
  Table table(uint32_t i) const {
    const uint8_t* at = at_ + 4 + 4 * i;
    return Table(at + load<uint32_t>(at));
  }
  // Whether a string is `text`. Without the library's string functions, which nothing else here needs.
  bool equals(const char* text) const {
    uint32_t i = 0;
    while (i < size() && text[i] != '\0' && data()[i] == static_cast<uint8_t>(text[i])) ++i;
    return i == size() && text[i] == '\0';
  }

 private:
  const uint8_t* at_;
};

inline Vector Table::vector(uint32_t id) const { return Vector(target(id)); }

}  // namespace arenite::flat
