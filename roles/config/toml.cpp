#define TOML_IMPLEMENTATION
#include "roles/config/toml.hpp"
