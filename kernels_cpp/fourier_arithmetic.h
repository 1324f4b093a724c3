// Numbers of Fourier transforms. Fixed point has its point behind the sign; sums are cut to the type's width.
#pragma once

#include <cstdint>

#include "kernels_cpp/turn.h"

namespace arenite {

template <typename T, typename Wide, int32_t kFraction>
struct FixedPoint {
  static constexpr T kMax = static_cast<T>((uint64_t{1} << kFraction) - 1);
  static T rounded(Wide product) { return static_cast<T>((product + (Wide{1} << (kFraction - 1))) >> kFraction); }
  static T add(T a, T b) { return static_cast<T>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b)); }
  static T subtract(T a, T b) { return static_cast<T>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b)); }
  static T multiply(T a, T b) { return rounded(Wide{a} * b); }
  static T add_products(T a, T b, T c, T d) { return rounded(Wide{a} * b + Wide{c} * d); }
  static T subtract_products(T a, T b, T c, T d) { return rounded(Wide{a} * b - Wide{c} * d); }
  static T divide(T a, int32_t divisor) { return multiply(a, static_cast<T>(kMax / divisor)); }
  static T half(int32_t a) { return static_cast<T>(a >> 1); }
  // Of the sum in 32 bits, which for int16 is the whole sum.
  static T half_sum(T a, T b) {
    return half(static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b)));
  }
  static T half_difference(T a, T b) {
    return half(static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b)));
  }
  // kMax * x, rounded up at the half; x in Q62.
  static T from_q62(int64_t x) {
    constexpr int32_t kShift = 62 - kFraction;
    return static_cast<T>((x - (x >> kFraction) + (int64_t{1} << (kShift - 1))) >> kShift);
  }
};

template <typename T>
struct Arithmetic;
template <>
struct Arithmetic<int16_t> : FixedPoint<int16_t, int32_t, 15> {};
template <>
struct Arithmetic<int32_t> : FixedPoint<int32_t, int64_t, 31> {};
template <>
struct Arithmetic<float> {
  static float add(float a, float b) { return a + b; }
  static float subtract(float a, float b) { return a - b; }
  static float multiply(float a, float b) { return a * b; }
  static float add_products(float a, float b, float c, float d) { return a * b + c * d; }
  static float subtract_products(float a, float b, float c, float d) { return a * b - c * d; }
  static float divide(float a, int32_t) { return a; }
  static float half(float a) { return a * 0.5f; }
  static float half_sum(float a, float b) { return half(a + b); }
  static float half_difference(float a, float b) { return half(a - b); }
  static float from_q62(int64_t x) { return static_cast<float>(x) * (1.0f / 4611686018427387904.0f); }
};

template <typename T>
struct Complex {
  T real, imaginary;
};

template <typename T>
Complex<T> operator+(Complex<T> a, Complex<T> b) {
  return {Arithmetic<T>::add(a.real, b.real), Arithmetic<T>::add(a.imaginary, b.imaginary)};
}

template <typename T>
Complex<T> operator-(Complex<T> a, Complex<T> b) {
  return {Arithmetic<T>::subtract(a.real, b.real), Arithmetic<T>::subtract(a.imaginary, b.imaginary)};
}

template <typename T>
Complex<T> operator*(Complex<T> a, Complex<T> b) {
  return {Arithmetic<T>::subtract_products(a.real, b.real, a.imaginary, b.imaginary),
          Arithmetic<T>::add_products(a.real, b.imaginary, a.imaginary, b.real)};
}

template <typename T>
Complex<T> scaled(Complex<T> a, T factor) {
  return {Arithmetic<T>::multiply(a.real, factor), Arithmetic<T>::multiply(a.imaginary, factor)};
}

template <typename T>
Complex<T> conjugate(Complex<T> a) {
  return {a.real, Arithmetic<T>::subtract(T{0}, a.imaginary)};
}

// Times i.
template <typename T>
Complex<T> turned(Complex<T> a) {
  return {Arithmetic<T>::subtract(T{0}, a.imaginary), a.real};
}

// Fixed point makes room for a sum of `terms`; floats need none.
template <typename T>
Complex<T> divided(Complex<T> a, int32_t terms) {
  return {Arithmetic<T>::divide(a.real, terms), Arithmetic<T>::divide(a.imaginary, terms)};
}

// Fixed point has been divided stage by stage.
template <typename T>
Complex<T> over_length(Complex<T> a, int32_t) {
  return a;
}
inline Complex<float> over_length(Complex<float> a, int32_t length) {
  return {a.real / static_cast<float>(length), a.imaginary / static_cast<float>(length)};
}

// exp(-i angle), or exp(i angle) when inverse.
template <typename T>
Complex<T> twiddle(Direction d, bool inverse) {
  return {Arithmetic<T>::from_q62(d.cosine), Arithmetic<T>::from_q62(inverse ? d.sine : -d.sine)};
}

}  // namespace arenite
