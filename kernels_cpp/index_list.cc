#include "kernels_cpp/index_list.h"

namespace arenite {

int32_t IndexList::operator[](int32_t i) const {
  const int32_t* words = reinterpret_cast<const int32_t*>(data_);
  if (!wide_) return words[i];
  const int32_t low = words[2 * i];  // little-endian, as the file
  const int32_t high = words[2 * i + 1];
  if (high == (low < 0 ? -1 : 0)) return low;
  return high < 0 ? INT32_MIN : INT32_MAX;
}

}  // namespace arenite
