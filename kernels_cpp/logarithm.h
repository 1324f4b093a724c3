// Fixed-point natural logarithm of TFLite (log_x_for_x_greater_than_or_equal_to_1), bit for bit.
#pragma once

#include <cstdint>

namespace arenite {

// log(x) for x >= 1 given as Q12.19. Result Q5.26.
int32_t log_of_at_least_one(int32_t x);

}  // namespace arenite
