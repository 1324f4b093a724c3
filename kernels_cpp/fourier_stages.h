// A complex transform as stages of butterflies, radix 4 first, then 2, 3 and 5.
#pragma once

#include "kernels_cpp/fourier_arithmetic.h"

namespace arenite {

constexpr int32_t kMaxStages = 20, kRadices[] = {4, 2, 3, 5};

// Radices from the last stage to run to the first: the order in which KISS FFT takes factors out, since each stage
// rounds.
struct Stages {
  explicit Stages(int32_t n) : length(n) {
    for (const int32_t factor : kRadices) {
      for (; n % factor == 0 && count < kMaxStages; n /= factor) radix[count++] = factor;
    }
    fits = n == 1 && count > 0;
  }
  int32_t length;
  int32_t count = 0;
  int32_t radix[kMaxStages] = {};
  bool fits;  // there are at least one and no other factors
};

// Where the inputs of neighbouring outputs lie: the digits of the output's index, of the stages' radices, in reverse.
class SourceOrder {
 public:
  explicit SourceOrder(const Stages& stages) : stages_(stages) {
    for (int32_t i = 0, stride = 1; i < stages.count; stride *= stages.radix[i++]) stride_[i] = stride;
  }
  // The source of output 0, 1, 2 ..., one each call.
  int32_t next() {
    const int32_t source = source_;
    for (int32_t i = stages_.count - 1; i >= 0; --i) {
      source_ += stride_[i];
      if (++digit_[i] < stages_.radix[i]) break;
      source_ -= stride_[i] * stages_.radix[i];
      digit_[i] = 0;
    }
    return source;
  }

 private:
  const Stages& stages_;
  int32_t stride_[kMaxStages] = {};
  int32_t digit_[kMaxStages] = {};
  int32_t source_ = 0;
};

// One stage: `radix` transforms of `span` numbers each, one behind the other, become one.
template <typename T>
struct Stage {
  using Number = Complex<T>;
  const Number* twiddles;  // [length] of the whole transform
  int32_t length;
  bool inverse;
  int32_t radix;
  int32_t span;
  int32_t step;  // between twiddles

  void run(Number* data) const {
    for (int32_t block = 0; block < length; block += radix * span) {
      for (int32_t u = 0; u < span; ++u) butterfly(data + block + u, u);
    }
  }

 private:
  // Input `row` of a column that starts at `at`, made small and turned.
  Number input(const Number* at, int32_t row, int32_t u) const {
    const Number number = divided(at[row * span], radix);
    return row == 0 ? number : number * twiddles[row * u * step];
  }
  Number forward_turned(Number a) const { return inverse ? turned(a) : Number{} - turned(a); }

  void butterfly(Number* at, int32_t u) const {
    switch (radix) {
      case 2:
        return two(at, u);
      case 3:
        return three(at, u);
      case 4:
        return four(at, u);
      default:
        return five(at, u);
    }
  }

  void two(Number* at, int32_t u) const {
    const Number a = input(at, 0, u), b = input(at, 1, u);
    at[0] = a + b;
    at[span] = a - b;
  }

  void three(Number* at, int32_t u) const {
    const Number a = input(at, 0, u), b = input(at, 1, u), c = input(at, 2, u);
    const Number sum = b + c;
    const Number middle = a - Number{Arithmetic<T>::half(sum.real), Arithmetic<T>::half(sum.imaginary)};
    const Number side = turned(scaled(b - c, twiddles[step * span].imaginary));
    at[0] = a + sum;
    at[span] = middle + side;
    at[2 * span] = middle - side;
  }

  void four(Number* at, int32_t u) const {
    const Number a = input(at, 0, u), b = input(at, 1, u), c = input(at, 2, u), d = input(at, 3, u);
    const Number ends = a + c, across = a - c, middle = b + d, side = forward_turned(b - d);
    at[0] = ends + middle;
    at[span] = across + side;
    at[2 * span] = ends - middle;
    at[3 * span] = across - side;
  }

  void five(Number* at, int32_t u) const {
    const Number a = input(at, 0, u);
    const Number b = input(at, 1, u), c = input(at, 2, u), d = input(at, 3, u), e = input(at, 4, u);
    const Number one = twiddles[step * span], two = twiddles[2 * step * span];
    const Number outer = b + e, inner = c + d, outer_side = b - e, inner_side = c - d;
    at[0] = a + (outer + inner);
    const Number first = a + scaled(outer, one.real) + scaled(inner, two.real);
    const Number first_side = turned(scaled(outer_side, one.imaginary) + scaled(inner_side, two.imaginary));
    at[span] = first + first_side;
    at[4 * span] = first - first_side;
    const Number second = a + scaled(outer, two.real) + scaled(inner, one.real);
    const Number second_side = turned(scaled(outer_side, two.imaginary) - scaled(inner_side, one.imaginary));
    at[2 * span] = second + second_side;
    at[3 * span] = second - second_side;
  }
};

}  // namespace arenite
