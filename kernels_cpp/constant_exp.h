// e^x while compiling: what tables in flash are made of.
#pragma once

#include <cstdint>

namespace arenite {

// |x| <= 16; relative error below 2^-42. The Taylor series of x / 1024, squared ten times.
constexpr double constant_exp(double x) {
  double term = 1.0;
  double result = 1.0;
  for (int32_t k = 1; k < 9; ++k) {
    term *= x / (1024.0 * k);
    result += term;
  }
  for (int32_t i = 0; i < 10; ++i) result *= result;
  return result;
}

}  // namespace arenite
