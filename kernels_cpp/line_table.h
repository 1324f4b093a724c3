// Functions of int16 codes as TFLite tabulates them: 512 values and one behind, lines in between.
#pragma once

#include <cstdint>

namespace arenite {

constexpr int32_t kLineSteps = 512;
constexpr int32_t kCodesPerLine = 128;

struct LineTable {
  int16_t entries[kLineSteps + 1];

  // The difference of two entries wraps, as TFLite's does.
  constexpr int16_t at(int32_t code) const {
    const int32_t place = code - INT16_MIN;
    const int16_t* entry = entries + place / kCodesPerLine;
    const int32_t slope = static_cast<int16_t>(entry[1] - entry[0]);
    return static_cast<int16_t>(entry[0] + ((slope * (place % kCodesPerLine) + kCodesPerLine / 2) >> 7));
  }
};

// To nearest, ties away from zero.
constexpr float rounded(float x) {
  constexpr float kWhole = 8388608.0f;  // from here on floats have no fraction
  if (x <= -kWhole || x >= kWhole) return x;
  const float whole = static_cast<float>(static_cast<int32_t>(x));
  const float rest = x - whole;  // exact, unlike x + 0.5
  return whole + (rest >= 0.5f ? 1.0f : 0.0f) - (rest <= -0.5f ? 1.0f : 0.0f);
}

// The table of codes_at(x), results in codes that are not rounded yet, |codes| <= 1e30, for x from `first` to `last`.
// In float32 throughout. Entries but the last are lowered by half of what the line to the next one is above the
// function in its middle.
template <typename Function>
constexpr void fill_lines(LineTable* table, float first, float last, Function codes_at) {
  const auto saturated = [](float code) {
    return static_cast<int16_t>(code < -32768.0f ? -32768.0f : (code > 32767.0f ? 32767.0f : code));
  };
  const float step = (last - first) / kLineSteps;
  float value = codes_at(first);
  for (int32_t i = 0; i < kLineSteps; ++i) {
    const float next = codes_at(first + static_cast<float>(i + 1) * step);
    const float middle = rounded(codes_at(first + static_cast<float>(i) * step + step / 2));
    const float line = rounded((next + rounded(value)) / 2);
    table->entries[i] = saturated(rounded(value) - rounded((line - middle) / 2));
    value = next;
  }
  table->entries[kLineSteps] = saturated(rounded(codes_at(last)));
}

}  // namespace arenite
