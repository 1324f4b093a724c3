#include "interpreter/status.h"

namespace arenite {

const char* status_text(Status status) {
  switch (status) {
#define ARENITE_STATUS_TEXT(name, text) \
  case Status::k##name:                 \
    return text;
    ARENITE_STATUS_LIST(ARENITE_STATUS_TEXT)
#undef ARENITE_STATUS_TEXT
  }
  return "unknown status";
}

}  // namespace arenite
