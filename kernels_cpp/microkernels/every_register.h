// To be included before all else by files whose assembly needs every register: also in a build with frame pointers or
// without optimization.
#pragma once

#pragma GCC optimize("omit-frame-pointer")
#ifndef __OPTIMIZE__
#pragma GCC optimize("O2")
#endif
