// exp, log and their like of floats, correctly rounded but for one value of many millions, from additions,
// multiplications and divisions in double precision. Those give the same bits everywhere, in hardware or not, so that
// tables made on any host and board are equal; libm's functions differ from one library to the next.
#pragma once

namespace arenite {

// e^x; infinity and 0 beyond the range of floats, NaN for NaN.
float exact_exp(float x);

// Natural logarithm of a finite x > 0.
float exact_log(float x);

// The probability that a standard normal variable is at most x; absolute error below 2^-24.
float normal_distribution(float x);

}  // namespace arenite
