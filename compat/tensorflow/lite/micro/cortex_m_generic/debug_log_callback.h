#pragma once

extern "C" {
typedef void (*DebugLogCallback)(const char* text);
// From now on all text goes to `callback`, in pieces that end in 0.
void RegisterDebugLogCallback(DebugLogCallback callback);
}
