// What to do about a status, for people. Firmware that does not call it does not hold the sentences.
#pragma once

#include "interpreter/status.h"

namespace arenite {

// Half a sentence that follows status_text() behind a semicolon; empty for Ok.
const char* status_remedy(Status status);

}  // namespace arenite
