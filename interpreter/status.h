// Every way a call into the runtime can fail, and where. One byte on the device; the sentences live in
// status_text.cc, which is linked only where text is printed.
#pragma once

#include <cstdint>

#include "interpreter/status_list.h"

namespace arenite {

enum class [[nodiscard]] Status : uint8_t {
#define ARENITE_STATUS_ENUM(name, text) k##name,
  ARENITE_STATUS_LIST(ARENITE_STATUS_ENUM)
#undef ARENITE_STATUS_ENUM
};

constexpr uint16_t kNoNode = 0xFFFF;
constexpr uint32_t kNoDetail = 0xFFFFFFFF;

// A status and its place. `detail` is a tensor index; for a malformed table its byte offset in the file; for
// ArenaTooSmall the bytes needed; for UnsupportedOp the BuiltinOperator.
struct Error {
  Status status = Status::kOk;
  uint8_t subgraph = 0;
  uint16_t node = kNoNode;
  uint32_t detail = kNoDetail;
};

// Sentence for a status; only in host builds or when ARENITE_STATUS_TEXT is linked.
const char* status_text(Status status);

}  // namespace arenite

// Returns from the calling function when `expression` is not Ok.
#define ARENITE_TRY(expression)                                            \
  do {                                                                     \
    const ::arenite::Status arenite_status_ = (expression);                \
    if (arenite_status_ != ::arenite::Status::kOk) return arenite_status_; \
  } while (false)

// Returns `failure` unless `condition` holds.
#define ARENITE_CHECK(condition, failure)                \
  do {                                                   \
    if (!(condition)) return ::arenite::Status::failure; \
  } while (false)
