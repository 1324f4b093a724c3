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

// What is absent. It reads as 0, as a vector without elements, as a table without fields, and as the offset to itself:
// nobody who follows it has to look where it came from.
alignas(4) inline constexpr uint8_t kAbsent[4] = {};

// A table, or none (all fields absent).
class Table {
 public:
  explicit Table(const uint8_t* at = kAbsent) : at_(at) {}
  const uint8_t* data() const { return at_; }

  // Address of a field's value, or null when the file leaves it out.
  const uint8_t* field(uint32_t id) const {
    const uint8_t* at = find(at_, id);
    return at == kAbsent ? nullptr : at;
  }
  bool has(uint32_t id) const { return find(at_, id) != kAbsent; }
  // Bytes of the table itself, vtable not counted.
  uint32_t inline_size() const { return load<uint16_t>(at_ - load<int32_t>(at_) + 2); }

  // 0 and none when absent.
  int32_t i32(uint32_t id) const { return load<int32_t>(find(at_, id)); }
  uint8_t u8(uint32_t id) const { return *find(at_, id); }
  Table table(uint32_t id) const { return Table(follow(find(at_, id))); }
  Vector vector(uint32_t id) const;

 private:
  // The field, or kAbsent. Without `this`, for which a table would have to lie in memory.
  static const uint8_t* find(const uint8_t* table, uint32_t id);
  static const uint8_t* follow(const uint8_t* at) { return at + load<uint32_t>(at); }

  const uint8_t* at_;
};

// A vector or a string; an absent one is empty.
class Vector {
 public:
  explicit Vector(const uint8_t* at = kAbsent) : at_(at) {}
  uint32_t size() const { return load<uint32_t>(at_); }
  const uint8_t* data() const { return at_ + 4; }  // the first element; a multiple of 4
  int32_t i32(uint32_t i) const { return load<int32_t>(at_ + 4 + 4 * i); }
  Table table(uint32_t i) const {
    const uint8_t* at = at_ + 4 + 4 * i;
    return Table(at + load<uint32_t>(at));
  }
  // Whether a string is `text`. Without the library's string functions, which nothing else here needs.
  bool equals(const char* text) const;

 private:
  const uint8_t* at_;
};

inline Vector Table::vector(uint32_t id) const { return Vector(follow(find(at_, id))); }

}  // namespace arenite::flat
