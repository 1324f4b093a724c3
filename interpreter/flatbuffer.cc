#include "interpreter/flatbuffer.h"

namespace arenite::flat {

const uint8_t* Table::find(const uint8_t* table, uint32_t id) {
  const uint8_t* vtable = table - load<int32_t>(table);
  const uint32_t slot = 4 + 2 * id;
  if (slot >= load<uint16_t>(vtable)) return kAbsent;
  const uint16_t offset = load<uint16_t>(vtable + slot);
  return offset == 0 ? kAbsent : table + offset;
}

bool Vector::equals(const char* text) const {
  uint32_t i = 0;
  while (i < size() && text[i] != '\0' && data()[i] == static_cast<uint8_t>(text[i])) ++i;
  return i == size() && text[i] == '\0';
}

}  // namespace arenite::flat
